// The same services for both programs: n farms of four backends, as nftlb's JSON.

const address = (index) => `10.${(index >> 14) & 255}.${(index >> 6) & 255}.${index & 63}`;

export const farm = (index) => ({
  name: `s${index}`,
  family: 'ipv4',
  'virtual-addr': address(index),
  'virtual-ports': '80',
  mode: 'dnat',
  protocol: 'tcp',
  scheduler: 'weight',
  state: 'up',
  backends: [1, 2, 3, 4].map((backend) => ({
    name: `b${backend}`,
    'ip-addr': `10.200.${(index >> 8) & 255}.${backend}`,
    port: String(8000 + (index & 255)),
    weight: '1',
    priority: '1',
    state: 'up',
  })),
});

export const farms = (count) => Array.from({ length: count }, (_, index) => farm(index));

/** Services to change, spread over all of them; half of the times a backend goes down, half of the times it comes back. */
export const changes = (count, times) =>
  Array.from({ length: times }, (_, index) => ({
    name: `s${(Math.floor(index / 2) * 7919) % count}`,
    state: index % 2 === 0 ? 'down' : 'up',
  }));

/** Addresses of a list, none beside another: nftlb would make one range of them. */
export const listed = (length) =>
  Array.from({ length }, (_, index) => {
    const number = index * 3;
    return { data: `11.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}` };
  });
/** One more, which is in no such list. */
export const element = (index) => `10.99.${(index >> 7) & 255}.${(index & 127) * 2}`;

export const resultOf = (result) => process.stdout.write(`${JSON.stringify(result)}\n`);
