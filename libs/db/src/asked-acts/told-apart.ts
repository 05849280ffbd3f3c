import { RcmError } from '@rcm/telemetry';

/**
 * For whoever approves what somebody else has asked for. Fails with `state_conflict` where two names are no sign of two people: an account of one name on two machines (a container
 * is another one at each start), two sessions of one role of which a program has named one, and a name that says by which client of its issuer its person came
 * (`issuedSubject`) where the other, of a session of the version before, is the same without.
 */
export function mustBeToldApart(actor: string, asker: string): void {
  if (placeless(actor) !== placeless(asker) && !areOfOneRole(actor, asker)) return;
  throw new RcmError(
    'state_conflict',
    'By your name nobody could tell that you and whoever asked are two people: both sign in at an issuer, or each by a name of their own. Nothing was changed.',
  );
}

const named = (actor: string): string => actor.split(' says ', 1)[0] ?? '';

/** Without the machine, of an account of its operating system, and without the client, of whom an issuer has signed in. */
const placeless = (actor: string): string => {
  const name = named(actor);
  return name.startsWith('person:os:') ? name.replace(/@[^@]*$/, '').toLowerCase() : name.replace(/\?client=[^#?]*(?=#)/, '');
};

/** `person:sts:arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION` */
const SESSION = /^(person:sts:arn:[a-z-]+:sts::\d{12}:assumed-role\/[^/]+)\/(.+)$/;
/** What AWS's programs call a session that its user gave no name, and what EC2 and ECS call that of a machine or a task. */
const NO_NAME = /^(?:aws-(?:sdk|cli|go)-[a-z0-9-]*\d+|botocore-session-\d+|i-[0-9a-f]{8,17}|[0-9a-f]{32})$/;

function areOfOneRole(actor: string, asker: string): boolean {
  const [one, other] = [actor, asker].map((each) => SESSION.exec(named(each)));
  return one?.[1] !== undefined && one[1] === other?.[1] && [one[2], other[2]].some((session) => NO_NAME.test(session ?? ''));
}
