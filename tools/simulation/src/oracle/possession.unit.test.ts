import { describe, expect, test } from 'vitest';
import type { Account } from '../portal/account.ts';
import type { SimLogin } from '../environment/sim-login.ts';
import type { Holdings } from './holdings.ts';
import { Possession, type Writer } from './possession.ts';

const login = { portal: { habits: { foldsCase: false, keepsFirst: null } } } as unknown as SimLogin;

interface Instant {
  /** What the portal accepts, and who set it. */
  readonly accepts: readonly [password: string, by: Writer];
  readonly current?: string;
  readonly staged?: readonly string[];
  readonly earlier?: readonly string[];
  readonly writer?: Writer;
  /** Since the portal accepts it, in minutes, when the write was let out. */
  readonly ageMinutes?: number;
  readonly namesAnother?: boolean;
  readonly isRefusedStill?: boolean;
}

/** What is said at each instant, in order. */
function said(instants: readonly Instant[]): boolean[] {
  const possession = new Possession();
  const passwords: string[] = [];
  return instants.map(
    ({
      accepts: [password, passwordBy],
      current = null,
      staged = [],
      earlier = [],
      writer = null,
      ageMinutes = 60,
      namesAnother = false,
      isRefusedStill = false,
    }) => {
      if (passwords.at(-1) !== password) passwords.push(password);
      const account = { username: 'user', password, passwordBy, passwordAt: 0, changes: passwords.length } as Account;
      const holdings: Holdings = { current, mfaSeed: null, staged, earlier };
      return possession.isLostNow(login, account, holdings, { askedAt: ageMinutes * 60_000, writer, namesAnother, isRefusedStill });
    },
  );
}

describe('what a portal accepts is lost', () => {
  const start = { accepts: ['old', 'person'], current: 'old' } as const;

  test.each<[string, readonly Instant[], readonly boolean[]]>([
    ['not while it is current, or lies in a copy', [start, { accepts: ['new', 'us'], current: 'old', staged: ['new'] }], [false, false]],
    ['when we have made the portal accept what lies nowhere', [start, { accepts: ['new', 'us'], current: 'old' }], [false, true]],
    ['once, however long it lasts', [start, { accepts: ['new', 'us'], current: 'old' }, { accepts: ['new', 'us'], current: 'old' }], [false, true, false]],
    [
      'when a write of ours leaves it to the history alone',
      [start, { accepts: ['old', 'person'], current: 'new', earlier: ['old'], writer: 'us' }],
      [false, true],
    ],
    [
      'not when we take it out because parts of the portal refuse it for longer than anybody was told, and the history has it; but when the history loses it, too',
      [
        start,
        { accepts: ['new', 'us'], current: 'new', earlier: ['old'], writer: 'us' },
        { accepts: ['new', 'us'], current: 'old', earlier: ['new'], writer: 'us', isRefusedStill: true },
        { accepts: ['new', 'us'], current: 'newer', earlier: ['old'], writer: 'us' },
      ],
      [false, false, false, true],
    ],
    [
      'not when a person writes over it, and the history has it; nor when we write after them',
      [
        start,
        { accepts: ['old', 'person'], current: 'theirs', earlier: ['old'], writer: 'person' },
        { accepts: ['old', 'person'], current: 'ours', earlier: ['theirs', 'old'], writer: 'us' },
      ],
      [false, false, false],
    ],
    [
      'when the history loses it, too, while something is current',
      [
        start,
        { accepts: ['old', 'person'], current: 'theirs', earlier: ['old'], writer: 'person' },
        { accepts: ['old', 'person'], current: 'ours', writer: 'us' },
      ],
      [false, false, true],
    ],
    [
      'not when the history loses it while the secret names the account that a person has put over it',
      [
        start,
        { accepts: ['old', 'person'], current: 'theirs', earlier: ['old'], writer: 'person', namesAnother: true },
        { accepts: ['old', 'person'], current: 'ours', writer: 'us', namesAnother: true },
      ],
      [false, false, false],
    ],
    [
      'not when a person writes over it and then makes the secret anew, history and all; nor when we write after them',
      [
        start,
        { accepts: ['old', 'person'], current: 'theirs', earlier: ['old'], writer: 'person' },
        { accepts: ['old', 'person'], writer: 'person' },
        { accepts: ['old', 'person'], current: 'theirs', writer: 'person' },
        { accepts: ['old', 'person'], current: 'ours', earlier: ['theirs'], writer: 'us' },
      ],
      [false, false, false, false, false],
    ],
    ['not while a person is making the secret anew', [start, { accepts: ['old', 'person'], writer: 'person' }, start], [false, false, false]],
    [
      'not while a person has told nobody what they set; but when we overwrite what they told',
      [
        start,
        { accepts: ['theirs', 'person'], current: 'old' },
        { accepts: ['theirs', 'person'], current: 'theirs', earlier: ['old'], writer: 'person' },
        { accepts: ['theirs', 'person'], current: 'ours', earlier: ['theirs', 'old'], writer: 'us' },
      ],
      [false, false, false, true],
    ],
    [
      'not when a person has set it in the instant in which we write, and the history has it',
      [
        { accepts: ['theirs', 'person'], current: 'theirs', earlier: ['old'] },
        { accepts: ['theirs', 'person'], current: 'ours', earlier: ['theirs', 'old'], writer: 'us', ageMinutes: 0.1 },
      ],
      [false, false],
    ],
    [
      'when we let a write out long after a person had set it and told the store',
      [
        { accepts: ['theirs', 'person'], current: 'theirs', earlier: ['old'], writer: 'person' },
        { accepts: ['theirs', 'person'], current: 'ours', earlier: ['theirs', 'old'], writer: 'us', ageMinutes: 1.1 },
      ],
      [false, true],
    ],
  ])('%s', (_, instants, expected) => {
    expect(said(instants)).toEqual(expected);
  });
});
