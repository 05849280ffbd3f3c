/** What an issuer says goes to terminals, logs and pages: none of it may steer one. */
const shown = (text: string): string => text.replace(/[^!-~]/g, '?');
/** As a part of an actor: visible ASCII, and never taken for another. */
const encoded = (subject: string): string => encodeURIComponent(subject).replace(/%(40|3A|7C|2B|2F|3D)/g, (code) => decodeURIComponent(code));

/** As it is written down. OpenID Connect allows 255 characters of ASCII. */
const LONGEST_SUBJECT = 700;

/** Who has signed somebody in, and for which of its clients. */
export interface SignedInAt {
  readonly issuer: string;
  readonly clientId: string;
  /** What its configuration says of its subjects (OpenID Connect Discovery, `subject_types_supported`); left out where that says nothing. */
  readonly subjectTypes: readonly string[] | undefined;
}

/**
 * Whom an issuer has signed in, as actors name them: `ISSUER#SUBJECT`, the same for a terminal and a browser. `ISSUER?client=ID#SUBJECT` where the issuer gives one person
 * another subject for each client (OpenID Connect Core, 8.1, `pairwise`): by two of its clients one person has two names, and nobody is to take them for two people of one place.
 * `null`: the subject names nobody, or is too long a name.
 */
export function issuedSubject(at: SignedInAt, subject: string): string | null {
  if (subject === '' || !subject.isWellFormed()) return null;
  const name = encoded(subject);
  return name.length > LONGEST_SUBJECT ? null : `${placeOf(at)}#${name}`;
}

const placeOf = ({ issuer, clientId, subjectTypes }: SignedInAt): string =>
  subjectTypes?.includes('public') === false ? `${shown(issuer)}?client=${encodeURIComponent(clientId)}` : shown(issuer);
