/** What services have carried, read through the interface: by service and backend, of those that are counted. */

import test from 'ava';
import { createBed, farm, vip } from '../support/bed.js';
import { nftlbOn } from '../support/nftlb-on-bed.js';
import { stream } from '../support/traffic.js';

const bed = await createBed({ backends: 2 });
test.after.always(() => bed.dispose());

type Text = Readonly<Record<string, string>>;
interface Counted {
  readonly name: string;
  readonly 'bytes-in': string;
  readonly 'bytes-out': string;
  readonly backends: readonly Text[];
}

test.serial(
  'packets and bytes of a service and its backends; a service that is not counted is not listed',
  async (t) => {
    const engine = bed.engine();
    const { done, send } = nftlbOn(engine);
    await done('POST', '/farms', {
      farms: [farm({ counters: 'on' }), farm({ name: 'quiet', 'virtual-ports': 81 })],
    });
    const open = await stream(vip, 80);
    await open.echo('x'.repeat(5000));
    const read = async (path: string) => (await done('GET', path)).counters as Counted[];
    const all = await read('/counters');
    t.deepEqual(
      all.map(({ name }) => name),
      ['web'],
    );
    const [web] = all;
    t.true(Number(web?.['bytes-in']) > 5000 && Number(web?.['bytes-out']) > 5000);
    for (const direction of ['bytes-in', 'bytes-out'] as const) {
      const sum = web!.backends.reduce((total, one) => total + Number(one[direction]), 0);
      t.is(sum, Number(web![direction]));
    }
    t.deepEqual(web!.backends.map(({ name }) => name).sort(), ['b1', 'b2']);
    await open.echo('more');
    const [later] = await read('/farms/web/counters');
    t.true(Number(later?.['bytes-in']) > Number(web?.['bytes-in']));
    t.deepEqual(await read('/farms/quiet/counters'), []);
    t.is((await send('GET', '/farms/none/counters')).status, 404);
    open.close();
    t.deepEqual(engine.lines, []);
    await engine.stop();
  },
);
