import { Prisma } from '../generated/client.ts';

/**
 * When the portal last saw a login that counts, as far as anybody knows; where nobody knows, since when the login is here. For tables `e` (endpoint),
 * `p` (portal type) and `i` (identity).
 */
export const LAST_LOGIN = Prisma.sql`
  coalesce(greatest(CASE p.dormant_counts WHEN 'second_factor' THEN i.last_code_login_at ELSE i.last_login_at END, i.person_login_at), e.secret_taken_at, e.created_at)`;

/** When the portal disables it. `NULL`: never, or nobody knows. */
export const DORMANT_AT = Prisma.sql`(${LAST_LOGIN} + make_interval(days => p.dormant_after_days))`;

/** After which part of the time that a portal allows a login is made to keep it: outages, and people, have the rest. */
const KEEP_ALIVE_AFTER = 0.6;
/** After which part it goes before rotations of other logins, and people are told. */
const URGENT_AFTER = 0.8;

const part = (share: number): Prisma.Sql => Prisma.sql`(${LAST_LOGIN} + make_interval(secs => p.dormant_after_days * 86400.0 * ${share}::float8))`;

/** The moment is moved by up to a tenth of the time, for each login its own, so that a thousand that were first used on one day do not come on one day. */
export const KEEP_ALIVE_AT = Prisma.sql`
  (${part(KEEP_ALIVE_AFTER)} - make_interval(secs => p.dormant_after_days * 8640.0 * ((hashtextextended(i.id, 0) & 65535) / 65536.0)))`;
export const URGENT_AT = part(URGENT_AFTER);

/**
 * When one login shows whether what is stored is accepted, where the portal type asks for that: so long after the last one of ours, whoever made it. A person who logged in
 * by themselves says nothing of what is stored. Each login has a moment of its own in the last tenth of the time.
 */
export const VERIFY_AT = Prisma.sql`
  (coalesce(i.last_login_at, e.secret_taken_at, e.created_at)
    + make_interval(secs => p.verify_every_days * 86400.0 * (1 - 0.1 * (hashtextextended(i.id, 0) & 65535) / 65536.0)))`;

/** Where a program may log in, and nothing that it knows of stands in its way. */
export const KEPT_BY_PROGRAM = Prisma.sql`(p.automation = 'allowed' AND e.secret_arn IS NOT NULL AND e.current_version IS NOT NULL AND i.refused_since IS NULL)`;

/** When a person confirms at the portal that the login is wanted. */
export const RECERTIFY_AT = Prisma.sql`(coalesce(i.recertified_at, e.created_at) + make_interval(days => p.recertify_every_days))`;

/** Longer than that no look is put off, however late its login lapses: whatever was not told of is found by then. */
const LONGEST = Prisma.sql`interval '7 days'`;

/** When a login is looked at again that nothing is to be done about before `at`; `NULL`: nothing is known to come. */
export const lookAgain = (at: Prisma.Sql): Prisma.Sql => Prisma.sql`least(${at}, clock_timestamp() + ${LONGEST})`;
