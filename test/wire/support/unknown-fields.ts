/** What a newer peer's frame looks like: the same bytes, with fields in every message of it that nobody knows yet. */

import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';

const file = fileURLToPath(new URL('../../../proto/relevo/v1/sync.proto', import.meta.url));
export const schema = protobuf.loadSync(file);
const frameType = schema.lookupType('relevo.v1.Frame');

/** Numbers whose tag is one byte, as those of most known fields are: what is read by hand must not take them for one of those. */
const shortTags = Array.from({ length: 15 }, (_, at) => at + 1);

/** Fields that this message does not have; each wire type with a long tag, and the numbers up to 15 that are free, in turn of each. */
const unknown = (type: protobuf.Type): Uint8Array => {
  const writer = protobuf.Writer.create();
  const write = [
    (id: number) => writer.uint32((id << 3) | 2).string('new'),
    (id: number) => writer.uint32((id << 3) | 0).uint32(300),
    (id: number) => writer.uint32((id << 3) | 5).fixed32(7),
    (id: number) => writer.uint32((id << 3) | 1).fixed64(9),
  ];
  const free = shortTags.filter((id) => !type.fieldsById[id]);
  for (const id of [...free, 200, 201, 202, 203]) write[id % write.length]!(id);
  return writer.finish();
};

/** `levels`: of messages inside the frame that are extended; 0: the frame alone. */
export const withUnknownFields = (
  bytes: Uint8Array,
  where: 'before' | 'behind',
  levels = Infinity,
  type: protobuf.Type = frameType,
): Uint8Array => {
  const reader = protobuf.Reader.create(bytes);
  const parts: Uint8Array[] = [];
  while (reader.pos < reader.len) {
    const from = reader.pos;
    const tag = reader.uint32();
    const field = type.fieldsById[tag >>> 3]?.resolve();
    const inner =
      field && !field.map && field.resolvedType instanceof protobuf.Type ? field.resolvedType : null;
    if (!inner || levels === 0) {
      reader.skipType(tag & 7);
      parts.push(bytes.subarray(from, reader.pos));
      continue;
    }
    const body = withUnknownFields(reader.bytes(), where, levels - 1, inner);
    parts.push(protobuf.Writer.create().uint32(tag).bytes(body).finish());
  }
  return Buffer.concat(where === 'before' ? [unknown(type), ...parts] : [...parts, unknown(type)]);
};
