/** The first version that may work beside the next; what migrations before it newly refuse to a version before was not looked at. */
export const BESIDE_FROM = '20261202130000_backup_run';

interface Stop {
  /** What the version before reads, writes or calls, and finds no more or is refused. */
  readonly goes: string;
  /** The processes of the version before that use it; `null`: none meets it, as `goes` says. */
  readonly stop: string | null;
}

/** Migrations that take something away. A test compares them with the catalogue before and after each, and with docs/upgrade.md. */
export const TAKES_AWAY: Readonly<Record<string, Stop>> = {
  '20261125090400_grants': { goes: 'the right of everybody to call functions', stop: 'every process' },
  '20261126010000_passwords_lockouts_accounts': {
    goes: '`login_attempt.suspect_until`, `rotation_attempt.guesses`, a ledger that counts by version',
    stop: 'every process',
  },
  '20261126110000_hints_and_bounds': { goes: '`portal_task.job_sent_at` and its search', stop: 'web-agents' },
  '20261126220000_keys': { goes: 'how a rotator follows an account under another key', stop: 'rotators' },
};

/** Migrations after `BESIDE_FROM` that refuse something new in a table of before: why processes of before do not meet it, or what to stop. */
export const REFUSES: Readonly<Record<string, Stop>> = {
  '20261203010000_row_and_store_differ': { goes: 'nothing: a kind of notification more is allowed, and an agent may tell of it', stop: null },
  '20261203030000_found_elsewhere': {
    goes: 'nothing: one name more of a password is allowed, and a rotator leaves a rotation with it to a newer one',
    stop: null,
  },
  '20261204010000_break_glass': {
    goes: 'nothing, until somebody breaks glass: then a rotator of before takes nothing that people asked for until that request’s minutes are over',
    stop: null,
  },
  '20261205000000_backup_codes': { goes: 'nothing: a kind of notification more is allowed, and an agent may tell of it', stop: null },
  '20261205010000_endpoint_retired': {
    goes: 'nothing, until somebody retires a login: then no process of before gives its row a secret, an account or a date, which none but a migrator tries',
    stop: null,
  },
  '20261206000000_task_callbacks': { goes: 'nothing: a task may name who is told of its end, and its end is written down for them', stop: null },
  '20261206010000_code_requests': { goes: 'nothing: a kind of notification more is allowed, and an agent may tell of it', stop: null },
  '20261207020000_codes_by_message': { goes: 'nothing: what is refused stands in new columns, which no process of before fills', stop: null },
  '20261210000000_verify_unused': {
    goes: 'nothing: what is refused stands in a new column, which no process of before fills; a rotator of before verifies nobody, and refuses a portal type’s file that asks for it',
    stop: null,
  },
  '20261211000000_set_in_the_console': {
    goes: 'nothing, until somebody sets a password on a page: then a rotator of before takes nothing that people asked for after it until that request is begun or over',
    stop: null,
  },
  '20261211010000_notices_that_end': { goes: 'nothing: what is refused stands in a new column, which no process of before fills', stop: null },
  '20261214010000_counts_kept': { goes: 'nothing: how many logins a portal type has is counted where one is added', stop: null },
  '20261214020000_retention': {
    goes: 'nothing: a proof that is read again supersedes the one before, and what is remembered of a message says until when',
    stop: null,
  },
  '20261215000000_secret_places': { goes: 'nothing: where a secret lies is written beside its reference, by a trigger', stop: null },
  '20261216010000_portal_looks': {
    goes: 'nothing, until somebody asks for a look at a portal: a rotator of before takes that and leaves it, and it is told of as left',
    stop: null,
  },
  '20261216020000_migration_acts': {
    goes: 'nothing: what is refused stands in new columns, which no process of before fills; a migrator of before does not see that it is asked to stop',
    stop: null,
  },
  '20261217000000_login_devices': { goes: 'nothing: when a device was kept stands in a table of its own, which no process of before reads', stop: null },
  '20261219000000_lighter_turns': { goes: 'nothing: notes of changed tasks, which functions alone write, are kept by tenant', stop: null },
  '20261219010000_less_written': { goes: 'nothing: where a task’s account is, is written by a trigger when it is asked for', stop: null },
  '20261219020000_thin_ledger': {
    goes: 'nothing: what is young or was not accepted is not deleted from the ledger, which no process of before tries',
    stop: null,
  },
  '20261221000000_flat_scans': { goes: 'nothing: when a login that a person rotates is due stands with its turns, by triggers', stop: null },
  '20261221010000_lapsing_in_turn': {
    goes: 'nothing: what lapses has turns of its own, by triggers; a rotator of before finds it by reading through all accounts, as their index by days is gone',
    stop: null,
  },
  '20261226010000_portal_change_told_apart': {
    goes: 'nothing: an approval by somebody who signed in elsewhere than who proposed is refused, and said so without its reason',
    stop: null,
  },
  '20261228000000_request_not_done': { goes: 'nothing: a kind of notification more is allowed', stop: null },
  '20261231020000_unlocked_of_that_account': {
    goes: 'nothing: that an account is unlocked is noted of that account alone; a rotator of before that meets one said of another takes none of what is asked until that ends, a quarter of an hour at most',
    stop: null,
  },
  '20270105000000_used_codes_go_along': { goes: 'nothing: used codes are taken along with a row’s new name, by a trigger', stop: null },
  '20270106000000_taken_over': { goes: 'nothing: where the database is, is noted before anything is said of it, by a trigger', stop: null },
  '20270107010000_break_glass_of_that_account': {
    goes: 'nothing: to read a password is approved, and done, for the account alone that the login named when it was asked for; a process of before refuses it without its reason',
    stop: null,
  },
  '20270107020000_codes_come_back': {
    goes: 'nothing: used codes are taken along with a row’s next name, also where it named no account in between, by triggers',
    stop: null,
  },
  '20270114000000_order_of_events': { goes: 'nothing: a login that was begun before Postgres’s clock was set back may end', stop: null },
  '20270116000000_change_in_the_ledger': { goes: 'nothing: one end more of a line of the ledger is allowed', stop: null },
  '20270118000000_newest_look': {
    goes: 'nothing: which look at a login a proof rests on is nobody’s to change, and nobody of before names it. What a migrator of before writes proves nothing once one of the new version has looked',
    stop: null,
  },
  '20270119000000_person_wanted': { goes: 'nothing: a kind of notification more is allowed', stop: null },
};

/**
 * What has to stop before `missing` are applied to a database that has `applied`, in words; none: the processes of the version before may go on. A database that was
 * never migrated has no processes.
 */
export function stopFirst(applied: readonly string[], missing: readonly string[]): readonly string[] {
  if (applied.length === 0) return [];
  if (missing.some((name) => name <= BESIDE_FROM))
    return [`Stop every process first: what the version before does is not looked at up to migration ${BESIDE_FROM}.`];
  return missing.flatMap((name) => {
    const stop = TAKES_AWAY[name] ?? REFUSES[name];
    return stop?.stop ? [`Stop ${stop.stop} first: ${name} ends ${stop.goes}.`] : [];
  });
}
