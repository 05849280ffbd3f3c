import type { PasswordRules } from './password-rules.ts';

/**
 * Which rules a password breaks, in words that do not repeat it; empty where it satisfies all that can be judged from the text.
 * `history` and `min-age-hours` cannot: they are about earlier passwords.
 */
export function brokenRules(rules: PasswordRules, password: string, username?: string): readonly string[] {
  const characters = [...password];
  const [first] = characters;
  const broken: (string | false)[] = [
    characters.length < rules.minLength && `shorter than ${rules.minLength}`,
    characters.length > rules.maxLength && `longer than ${rules.maxLength}`,
    characters.some((c) => !rules.allowed.accepts(c)) && 'holds a character that is not allowed',
    ...rules.required.map((set) => !characters.some((c) => set.accepts(c)) && `holds none of ${set.name}`),
    rules.start !== null && (first === undefined || !rules.start.accepts(first)) && `does not start with ${rules.start.name}`,
    rules.maxConsecutive !== null && longestRun(characters) > rules.maxConsecutive && `repeats a character more than ${rules.maxConsecutive} times in a row`,
    rules.notUsername && username !== undefined && containsName(password, username) && 'holds the user name',
  ];
  return broken.filter((text) => text !== false);
}

/** Without case, and for an address also the part before the `@` where it is long enough to be a name. */
export function containsName(password: string, username: string): boolean {
  const names = [username, username.split('@', 1)[0] ?? ''].map((name) => name.toLowerCase());
  return names.some((name, index) => name.length >= (index === 0 ? 1 : SHORTEST_NAME) && password.toLowerCase().includes(name));
}

const SHORTEST_NAME = 3;

function longestRun(characters: readonly string[]): number {
  let [longest, run] = [0, 0];
  characters.forEach((character, index) => {
    run = character === characters[index - 1] ? run + 1 : 1;
    longest = Math.max(longest, run);
  });
  return longest;
}
