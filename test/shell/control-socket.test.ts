import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { createControlClient } from '../../src/shell/control-socket.js';

test('an agent that dies ends a reader of its changes, with what came before', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'relevo-'));
  const socket = join(folder, 'relevo.sock');
  const server = createServer((_request, response) => {
    response.write('{"at":1}\n\n');
    setTimeout(() => response.destroy(), 20);
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  t.teardown(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });
  const lines: string[] = [];
  await createControlClient(socket).follow('/v1/sync/watch', (line) => lines.push(line));
  t.deepEqual(lines, ['{"at":1}']);
});
