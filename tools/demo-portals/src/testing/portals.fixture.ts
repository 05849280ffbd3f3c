import { Secret, TOTP } from 'otpauth';
import { startDemoPortals, type DemoPortals, type DemoPortalsOptions } from '../demo-portals.ts';
import type { PortalCode } from '../portal-code.ts';
import { StoppedClock } from './clock.fixture.ts';
import { controlClient, type ControlClient } from './control.fixture.ts';
import { guestAt, type Guest } from './guests.fixture.ts';

export interface TestPortals extends AsyncDisposable {
  readonly demo: DemoPortals;
  readonly clock: StoppedClock;
  readonly control: ControlClient;
  guest(portal: PortalCode): Guest;
}

/** Portals of one test with a clock that stands; `await using` closes them. */
export async function openPortals(options: DemoPortalsOptions = {}): Promise<TestPortals> {
  const clock = new StoppedClock();
  const demo = await startDemoPortals({ clock, ...options });
  return {
    demo,
    clock,
    control: controlClient(demo.control.baseUrl),
    guest: (portal) => guestAt(portal, demo.portals[portal].baseUrl),
    [Symbol.asyncDispose]: () => demo.close(),
  };
}

export const SEED = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';

/** A password that each portal's rules allow, and a second one. */
export const GOOD: Readonly<Record<PortalCode, readonly [string, string]>> = {
  alpine: ['Alpine-First-1', 'Alpine-Second-2'],
  borealis: ['Borealis-First-1', 'Borealis-Second-2'],
  cascade: ['Cascade#01', 'Cascade#02'],
};

export const codeAt = (time: Date, offsetSteps = 0): string =>
  new TOTP({ secret: Secret.fromBase32(SEED) }).generate({ timestamp: time.getTime() + offsetSteps * 30_000 });
