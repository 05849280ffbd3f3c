import { Secret } from '@rcm/telemetry';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSecretMask } from './secret-mask.ts';

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

  it('masks a very short secret only where it stands alone', () => {
    const { mask } = createSecretMask([new Secret('ab')]);
    expect(mask('a cab said: ab')).toBe('a cab said: [secret]');
  });
});
