/**
 * Three payer portals to practise on (`alpine`, `borealis`, `cascade`), a provider that signs people in to two applications (`delta`),
 * and the control port behind them. They stand for somebody else's web sites: the product knows them by their pages alone and must never
 * import this. Threat: a demo portal that is kinder or less honest than a real one, so that what works here fails there; hence the
 * lockouts, the one-time codes and the figures, which count every try exactly once. They listen on loopback only and must never hold a
 * real login.
 */
export { type Clock } from './clock.ts';
export { type DemoPortals, type DemoPortalsOptions, startDemoPortals } from './demo-portals.ts';
export { DemoPortalsError, type DemoPortalsErrorCode } from './error.ts';
export { type PortalCode, portalCodes, type RealmCode } from './portal-code.ts';
export { type AccountHistory, type AccountView } from './control/account-view.ts';
export { type ChangeFault, changeFaultNames, type Fault, faultNames } from './records/faults.ts';
export { type HabitSettings } from './records/habits.ts';
export { type Lockout } from './records/lockout.ts';
export { type LoginTry, type TriedBy, type TryEnd } from './records/login-tries.ts';
export { type Tally } from './records/tallies.ts';
export { type SeenRequest } from './seen-request.ts';
