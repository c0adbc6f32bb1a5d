/** What is used of the package `node-arp`, which has no declarations of its own. */

declare module 'node-arp' {
  /** Pings the address, then reads its MAC address from `arp -n`. */
  export function getMAC(address: string, done: (failed: boolean, macOrReason: string) => void): void;
}
