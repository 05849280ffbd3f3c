/** What a person may ask of a rotator for one login, by the name that its command has. */
export type ActKind = 'verify' | 'retry' | 'unlocked' | 'rotate' | 'rollback' | 'resolve' | 'look';

/** What a rotator begins once whoever asked has typed it (typings.ts). */
export const SET = 'set';

/** What no rotator does: whoever asked reads the password themselves, once. */
export const BREAK_GLASS = 'break_glass';
/** For how long, from its being approved, in minutes. The table has the same limits. */
export const BREAK_GLASS_MINUTES = { least: 1, usual: 15, most: 60 } as const;

/** And for a portal type, or for everything. */
export type WideActKind = 'pause' | 'resume';

/** Which password the portal accepts now, as whoever resolves says; `found`: whichever stored one a search finds. */
export const RESOLUTIONS = ['current', 'found'] as const;
export type AskedResolution = (typeof RESOLUTIONS)[number];

/** How long what needs a second person waits for them. The policy `decides_once` has the same hour. */
export const SECOND_PERSON_MS = 3_600_000;
