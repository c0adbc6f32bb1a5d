/** Where JSON text stops being JSON: JSON.parse of Node 20 names no place for half of its errors. */

export interface JsonError {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

class Stop extends Error {
  constructor(
    readonly offset: number,
    message: string,
  ) {
    super(message);
  }
}

/** Far more than any document needs, and far less than the stack holds. */
export const maxDepth = 64;

const literals = ['true', 'false', 'null'];
const numberPattern = /-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
// RFC 8259: no control characters inside, and only these escapes.
const stringPattern = /"(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy;

/** A recursive-descent reader that keeps nothing but the place it is at. */
const createScanner = (text: string) => {
  let at = 0;
  const blank = (): void => {
    while (' \t\r\n'.includes(text[at] ?? '-')) at++;
  };
  const fail = (expected: string, offset = at): never => {
    const found = offset >= text.length ? 'the end of the text' : `'${text[offset]}'`;
    throw new Stop(offset, `expected ${expected} and found ${found}`);
  };
  const match = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (!found) return false;
    at += found[0].length;
    return true;
  };
  const string = (): void => {
    const start = at;
    if (match(stringPattern)) return;
    const end = text.indexOf('\n', start);
    throw new Stop(
      start,
      `a string that is not closed or has a wrong escape: ${text.slice(start, Math.min(end < 0 ? text.length : end, start + 20))}`,
    );
  };
  let depth = 0;
  const members = (close: string, member: () => void): void => {
    if (++depth > maxDepth)
      throw new Stop(
        at,
        `nested more than ${maxDepth} levels deep: no document needs that, remove the '[' and '{' that are too many`,
      );
    at++;
    blank();
    if (text[at] === close) {
      at++;
      depth--;
      return;
    }
    for (;;) {
      member();
      blank();
      if (text[at] === close) {
        at++;
        depth--;
        return;
      }
      if (text[at] !== ',') fail(`',' or '${close}'`);
      const comma = at++;
      blank();
      if (text[at] === close) throw new Stop(comma, `a ',' with nothing behind it`);
    }
  };
  const value = (): void => {
    blank();
    const first = text[at] ?? '';
    if (first === '{') {
      members('}', () => {
        if (text[at] !== '"') fail('a name in double quotes');
        string();
        blank();
        if (text[at] !== ':') fail("':'");
        at++;
        value();
      });
    } else if (first === '[') members(']', value);
    else if (first === '"') string();
    else if (!match(numberPattern)) {
      const literal = literals.find((word) => text.startsWith(word, at));
      if (!literal) fail('a value');
      else at += literal.length;
    }
  };
  return (): void => {
    value();
    blank();
    if (at < text.length) fail('the end of the text');
  };
};

/** Undefined when the text is JSON after all. */
export const findJsonError = (text: string): JsonError | undefined => {
  try {
    createScanner(text)();
    return undefined;
  } catch (thrown) {
    if (!(thrown instanceof Stop)) return undefined;
    const before = text.slice(0, thrown.offset).split('\n');
    return { line: before.length, column: before.at(-1)!.length + 1, message: thrown.message };
  }
};
