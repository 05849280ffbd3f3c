/** What an issuer says goes to terminals, logs and pages: none of it may steer one. */
const shown = (text: string): string => text.replace(/[^!-~]/g, '?');
/** As a part of an actor: visible ASCII, and never taken for another. */
const encoded = (subject: string): string => encodeURIComponent(subject).replace(/%(40|3A|7C|2B|2F|3D)/g, (code) => decodeURIComponent(code));

/** As it is written down. OpenID Connect allows 255 characters of ASCII. */
const LONGEST_SUBJECT = 700;

/** Whom an issuer has signed in, as actors name them: `ISSUER#SUBJECT`, the same for a terminal and a browser. `null`: the subject names nobody, or is too long a name. */
export function issuedSubject(issuer: string, subject: string): string | null {
  if (subject === '' || !subject.isWellFormed()) return null;
  const name = encoded(subject);
  return name.length > LONGEST_SUBJECT ? null : `${shown(issuer)}#${name}`;
}
