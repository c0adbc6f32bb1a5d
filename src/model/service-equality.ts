/** Whether two services mean the same: decides what a new document changes. */

import type { Backend, Endpoint, Service } from './service.js';

const sameList = <T>(a: readonly T[], b: readonly T[], same: (x: T, y: T) => boolean): boolean => {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (!same(a[index]!, b[index]!)) return false;
  return true;
};

const sameEndpoint = (a: Endpoint, b: Endpoint): boolean =>
  a.port === b.port && a.address === b.address && a.protocol === b.protocol;

const sameBackend = (a: Backend, b: Backend): boolean =>
  a === b ||
  (a.name === b.name &&
    a.address === b.address &&
    a.port === b.port &&
    a.weight === b.weight &&
    a.priority === b.priority &&
    a.state === b.state &&
    a.sourceAddress === b.sourceAddress);

export const sameService = (a: Service, b: Service): boolean =>
  a === b ||
  (a.name === b.name &&
    a.mode === b.mode &&
    a.state === b.state &&
    a.scheduler === b.scheduler &&
    a.persistence === b.persistence &&
    a.persistTtlMs === b.persistTtlMs &&
    a.replicate === b.replicate &&
    a.sourceAddress === b.sourceAddress &&
    sameList(a.hashFields, b.hashFields, (x, y) => x === y) &&
    sameList(a.endpoints, b.endpoints, sameEndpoint) &&
    sameList(a.addressNames ?? [], b.addressNames ?? [], (x, y) => x === y) &&
    sameList(a.backends, b.backends, sameBackend));
