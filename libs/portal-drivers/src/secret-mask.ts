import type { Secret } from '@rcm/telemetry';

/** Knows the secrets of one act, and finds them in text in the forms in which pages and protocols write them. */
export interface SecretMask {
  isIn(text: string): boolean;
  /** The text with every secret replaced by `[secret]`. */
  mask(text: string): string;
}

/** Shorter values would be found everywhere (a one-letter test password), so they only count where they stand alone. */
const SHORTEST_SOUGHT = 4;

export function createSecretMask(secrets: readonly Secret<string>[]): SecretMask {
  const forms = [...new Set(secrets.flatMap((secret) => writtenForms(secret.reveal())))].sort((a, b) => b.length - a.length);
  const long = forms.filter((form) => form.length >= SHORTEST_SOUGHT);
  const short = new Set(forms.filter((form) => form.length < SHORTEST_SOUGHT));
  const masked = (text: string): string => long.reduce((rest, form) => rest.replaceAll(form, '[secret]'), text);
  const maskWords = (text: string): string => (short.size === 0 ? text : text.replace(/[^\s"'=&:;,()]+/g, (word) => (short.has(word) ? '[secret]' : word)));
  return {
    isIn: (text) => maskWords(masked(text)) !== text,
    mask: (text) => maskWords(masked(text)),
  };
}

function writtenForms(value: string): string[] {
  if (value === '') return [];
  const url = encodeURIComponent(value);
  const form = new URLSearchParams({ v: value }).toString().slice(2);
  const html = value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
  const base64 = Buffer.from(value).toString('base64');
  return [
    value,
    JSON.stringify(value).slice(1, -1),
    url,
    url.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    form,
    html,
    base64,
    base64.replace(/=+$/, ''),
  ];
}
