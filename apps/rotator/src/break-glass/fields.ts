import type { CredentialPayload } from '@rcm/credentials';

/** What a person types at the login's page, name by name, as it may be shown. */
export function fieldsToShow({ username, password, custom_fields }: CredentialPayload, code: string | null): readonly (readonly [string, string])[] {
  const others = Object.entries(custom_fields ?? {}).filter((field): field is [string, string] => typeof field[1] === 'string');
  const fields: [string, string][] = [
    ['user name', username],
    ['password', password],
    ...(code === null ? [] : [['code', code] as [string, string]]),
    ...others,
  ];
  return fields.map(([name, value]) => [seen(name), seen(value)]);
}

/** What a terminal would take for a command, and a page not show, is written as its code: whoever set a password must not write to the screen with it. */
const seen = (value: string): string =>
  value.replace(
    /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
