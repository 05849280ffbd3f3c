import { backend } from '@rcm/test-services';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ManualClock } from '../reading/manual-clock.fixture.ts';
import { codeOf } from '../stores/contract/store-under-test.fixture.ts';
import { TenantsUnderTest } from './tenants-under-test.fixture.ts';

const MINUTE = 60_000;

describe.skipIf(backend() === 'containers')('a tenant session that is due (the emulator in containers has no faults)', () => {
  let tested: TenantsUnderTest;
  beforeAll(async () => void (tested = await TenantsUnderTest.open()));
  afterAll(() => tested.close());

  it('and could not be renewed is asked for again after a pause, not at every use', async () => {
    const clock = new ManualClock(Date.now());
    let asked = 0;
    const sessions = tested.sessions({ maxAttempts: 1, clock, onAttempt: () => (asked += 1) });
    const first = await sessions.get('hospital-a');
    tested.aws.local?.setFaults({ match: 'sts', kind: 'down' });
    clock.forward(first.expiration.getTime() - MINUTE - clock.now().getTime());
    const use = async () => {
      expect(await sessions.get('hospital-a')).toBe(first);
      // Whatever was begun for the other has been sent before this one's is answered.
      expect(await codeOf(sessions.get('hospital-b'))).toBe('store_unavailable');
      return asked;
    };
    expect(await use()).toBe(3);
    // One that is under way is waited for.
    expect(await sessions.of('hospital-a').replaced(first)).toBe(false);
    const before = asked;
    expect(await use()).toBe(before + 1);
    clock.forward(10_000);
    expect(await use()).toBe(before + 3);
  });
});
