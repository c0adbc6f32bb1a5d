/** The services document on disk: written after the kernel took it, read back when the agent starts. */

import { parseServices } from '../config/services.js';
import { formatServices } from '../config/services-format.js';
import type { ServicesDocument } from '../model/service.js';
import type { Files, Log } from '../ports.js';

export interface ServicesStore {
  save(document: ServicesDocument): Promise<void>;
  /** Undefined when there is none, or when what is there cannot be read (logged: the node starts without services). */
  load(): Promise<ServicesDocument | undefined>;
}

export const createServicesStore = (files: Files, folder: string, log: Log): ServicesStore => {
  const path = `${folder}/services.json`;
  return {
    save: (document) => files.writeAtomic(path, `${formatServices(document).trimEnd()}\n`, 0o640),
    async load() {
      const text = await files.read(path);
      if (text === undefined) return undefined;
      const parsed = parseServices(text, 'json');
      if ('document' in parsed) return parsed.document;
      log.error(
        { path, problems: parsed.problems.slice(0, 10) },
        'the stored services document is damaged: apply it again',
      );
      return undefined;
    },
  };
};
