/**
 * What is in this repository that others wrote: a bill of materials, the licences, and what an update changed. Purpose: an auditor and
 * whoever reviews an update see it without trusting a service. It reads the lockfile alone: no network, nothing installed. It must never
 * be imported by the product.
 */
export { type Change, changesBetween } from './changes.ts';
export { licenceProblems, type LicenceProblem } from './licences.ts';
export { type LockedPackage, lockedPackages } from './lockfile.ts';
