import { Secret } from '@rcm/telemetry';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSecretMask } from './secret-mask.ts';

/** What `escape` of scripts gives, which is no function of ours any more. */
const escaped = (text: string): string =>
  text.replace(/[^\w@*+\-./]/g, (unit) => {
    const code = unit.charCodeAt(0).toString(16).toUpperCase();
    return code.length > 2 ? `%u${code.padStart(4, '0')}` : `%${code.padStart(2, '0')}`;
  });

/** UTF-16 in both orders. */
const wide = (text: string): Buffer[] => [Buffer.from(text, 'utf16le'), Buffer.from(text, 'utf16le').swap16()];
/** One byte a letter, where there is one for each; the euro has one in Windows. */
const narrow = (text: string): Buffer[] =>
  /^[\0-\xff\u20ac]*$/.test(text) ? [Buffer.from([...text].map((letter) => (letter === '\u20ac' ? 0x80 : letter.charCodeAt(0))))] : [];

describe('createSecretMask', () => {
  it('finds a secret however it is written', () => {
    const secret = 'p&ß/"x"+=1';
    const { isIn, mask } = createSecretMask([new Secret(secret)]);
    const forms = [
      secret,
      encodeURIComponent(secret),
      JSON.stringify({ secret }),
      new URLSearchParams({ secret }).toString(),
      Buffer.from(secret).toString('base64'),
      'p&amp;ß/&quot;x&quot;+=1',
    ];
    for (const form of forms) {
      expect(isIn(`before ${form} after`)).toBe(true);
      expect(mask(`before ${form} after`)).toContain('[secret]');
    }
  });

  it('leaves no secret of four characters or more in any text', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 4, maxLength: 20 }).filter((text) => !'[secret]'.includes(text)),
        fc.string(),
        fc.string(),
        (secret, before, after) => {
          expect(createSecretMask([new Secret(secret)]).isIn(before + secret + after)).toBe(true);
        },
      ),
    );
  });

  it.each([
    ['letter by letter', (secret: string) => [...secret].join(' ')],
    ['in two lines', (secret: string) => `${secret.slice(0, 5)}\n   ${secret.slice(5)}`],
    ['in capitals', (secret: string) => secret.toUpperCase()],
    ['in groups of four', (secret: string) => secret.match(/.{1,4}/gu)?.join('-') ?? ''],
    ['as Basic authorization', (secret: string) => Buffer.from(`somebody:${secret}`).toString('base64')],
    ['in base64 of an address', (secret: string) => Buffer.from(`a=${secret}&b=1`).toString('base64url')],
    ['in hexadecimal', (secret: string) => Buffer.from(secret).toString('hex')],
    ['as old scripts escape it', (secret: string) => escaped(secret)],
    ['as old scripts escape it, in an address', (secret: string) => encodeURIComponent(escaped(secret))],
    ['escaped twice', (secret: string) => encodeURIComponent(encodeURIComponent(secret))],
    ['in JSON of a JSON', (secret: string) => JSON.stringify(JSON.stringify({ secret }))],
    [
      'in a script',
      (secret: string) => JSON.stringify(secret).replace(/[<&>'\u0080-\uffff]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`),
    ],
    ['in numeric entities', (secret: string) => [...secret].map((letter) => `&#${letter.codePointAt(0)};`).join('')],
    ['in hexadecimal entities', (secret: string) => [...secret].map((letter) => `&#x${letter.codePointAt(0)?.toString(16).toUpperCase()};`).join('')],
  ])('finds a secret written %s', (_how, write) => {
    const secret = `Wört "&'<P4ss/+w0rd`;
    const { mask, isIn } = createSecretMask([new Secret(secret)]);
    const text = `before ${write(secret)} after`;
    expect([isIn(text), mask(text)]).toEqual([true, expect.stringMatching(/\[secret\]/)]);
    expect(isIn(mask(text))).toBe(false);
  });

  describe.each([
    ['of ASCII alone', 'Correct-Horse-42'],
    ['with letters of Western Europe', 'Wört-Schlüssel-42'],
    ['with a letter that has one byte in Windows alone', 'N\u20ac-Schlüssel-42'],
    ['with letters beyond', 'Źdźbło-\u{1f600}-42'],
    ['that was given with its marks apart', 'Wört-Schlüssel-42'.normalize('NFD')],
  ])('a secret %s', (_which, secret) => {
    const { isIn, mask } = createSecretMask([new Secret(secret)]);
    const normal = ['NFC', 'NFD'].map((form) => secret.normalize(form));
    const bytes = normal.flatMap((text) => [...wide(text), ...narrow(text), Buffer.from(text)]);

    it('is found in each normal form', () => {
      expect(normal.map((text) => [isIn(`a ${text} z`), mask(`a ${text} z`)])).toEqual(normal.map(() => [true, 'a [secret] z']));
    });

    it.each([
      ['base64', (of: Buffer) => of.toString('base64')],
      ['base64 of a longer text', (of: Buffer) => Buffer.concat([Buffer.from('a\0b\0'), of, Buffer.from('\0z\0')]).toString('base64')],
      ['base64 of a text that is a byte longer', (of: Buffer) => Buffer.concat([Buffer.from('a'), of, Buffer.from('z')]).toString('base64url')],
      ['hexadecimal', (of: Buffer) => of.toString('hex')],
      ['an address', (of: Buffer) => [...of].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')],
      ['single bytes', (of: Buffer) => of.toString('latin1')],
    ])('is found in each encoding, written as %s', (_how, write) => {
      const missed = bytes.filter((of) => !isIn(`before ${write(of)} after`) || !mask(`before ${write(of)} after`).includes('[secret]'));
      expect(missed.map((of) => of.toString('latin1'))).toEqual([]);
    });
  });

  it('leaves other words alone', () => {
    const { mask } = createSecretMask([new Secret('Passw0rd'), new Secret('904731')]);
    const text = 'Your password was refused. Claim 90473 of 2031, ref 1904732.';
    expect(mask(text)).toBe(text);
  });

  it('masks a very short secret only where it stands alone', () => {
    const { mask } = createSecretMask([new Secret('ab')]);
    expect(mask('a cab said: ab')).toBe('a cab said: [secret]');
  });

  it.each(['-----Pass', '-Pass-w0rd-', 'two words-1'])(
    'is done with 100 kB of what stands between letters, for a secret that holds such itself: %s',
    (secret) => {
      const { isIn, mask } = createSecretMask([new Secret(secret)]);
      const page = `${'-'.repeat(50_000)}${' -'.repeat(25_000)}`;
      expect([isIn(page), mask(page) === page]).toEqual([false, true]);
      expect(isIn(`${page}${secret}${page}`)).toBe(true);
    },
  );

  it('says whether a secret is all that a text holds', () => {
    const { isAll } = createSecretMask([new Secret('Ab3$x')]);
    expect([' Ab3$x ', 'ab3&#36;X', 'Ab3$x and more', 'none', ''].map(isAll)).toEqual([true, true, false, false, false]);
  });
});
