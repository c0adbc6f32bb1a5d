/**
 * Orders of preference for a few equal backends: as few as there can be for which, whoever is left, each of those stands first equally often
 * (min-wise independent permutations, of which there are at least lcm(1…n)). One order to a slot gives exact shares through every failure, and
 * moves nobody but the clients of who fails.
 */

/** Of more, many more slots would be needed than shares within 1 % take. */
const mostOrdered = 5;

const isEven = (order: readonly number[]): boolean =>
  order.reduce((odd, one, at) => odd + order.slice(at + 1).filter((other) => other < one).length, 0) % 2 ===
  0;

/** Those of one place less, with the new one put in everywhere. Of four every other order is enough, and of five those that these lead to. */
const withOneMore = (orders: readonly (readonly number[])[], place: number): (readonly number[])[] =>
  orders
    .flatMap((order) => Array.from({ length: place + 1 }, (_, at) => order.toSpliced(at, 0, place)))
    .filter((order) => place !== 3 || isEven(order));

const ordersByCount: (readonly (readonly number[])[])[] = [[], [[0]]];
for (let count = 2; count <= mostOrdered; count++) {
  ordersByCount.push(withOneMore(ordersByCount[count - 1]!, count - 1));
}

/** Places 0…`count` - 1, the first one preferred; undefined: too many. */
export const ordersOf = (count: number): readonly (readonly number[])[] | undefined => ordersByCount[count];
