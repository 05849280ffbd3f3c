import { askOfAdmission, askOfEndpoints, followAccount } from './ask-endpoints.fixture.ts';
import { askOfLeases, askOfLogins, readLogin } from './ask-leases-and-logins.fixture.ts';
import { askOfRotations } from './ask-rotations.fixture.ts';
import type { Round } from './round.fixture.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** `beginning`: before there are rotations, which keep an account where it is. */
export async function takeStep(round: Round, beginning: boolean): Promise<void> {
  const random = round.random;
  const place = random.pick(round.places);
  const lease = round.leases.length > 0 ? random.pick(round.leases.slice(-4)) : null;
  const later = beginning ? {} : { rotation: 16, admission: 4 };
  const kind = random.weighted({ time: 5, lease: 10, login: 14, read: 8, ...later, endpoint: 7, person: 2, account: beginning ? 12 : 2 });
  if (kind === 'time') {
    // A little more, or what is over after exactly as long would differ by how long the questions before took.
    const ms =
      40_000 +
      (round.canary
        ? DAY_MS * random.pick([1, 1, 8])
        : random.pick([7 * MINUTE_MS, 7 * MINUTE_MS, 23 * MINUTE_MS, 3 * HOUR_MS, 26 * HOUR_MS, 8 * DAY_MS, 31 * DAY_MS]));
    return round.pass(ms);
  }
  if (kind === 'lease') return askOfLeases(round, place, lease);
  if (kind === 'login') return askOfLogins(round, place, lease);
  if (kind === 'read') return readLogin(round, place);
  if (kind === 'rotation') return askOfRotations(round, place, lease);
  if (kind === 'endpoint') return askOfEndpoints(round, place);
  if (kind === 'admission') return askOfAdmission(round, place);
  if (kind === 'account') return followAccount(round, place);
  const word = random.pick(['unlocked', 'retry']);
  const saidOf = random.chance(0.5) ? random.pick(round.places).loginIdentity : undefined;
  await round.ask('clearLogin', () => ({ ...place, kind: word, actor: 'person:os:somebody', reason: 'said so', saidOf }));
}
