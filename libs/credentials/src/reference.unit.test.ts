import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RcmError } from '@rcm/telemetry';
import { credentialReference, formatReference, parseReference, referenceKey, stagedPath } from './reference.ts';

const id = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,62}$/);
const owner = { environment: id, organizationId: id, endpointId: id, portalAccountId: id };
const place = {
  partition: fc.constantFrom('aws', 'aws-cn', 'aws-us-gov', 'aws-iso', 'aws-iso-b', 'aws-eusc'),
  region: fc.constantFrom('us-east-1', 'cn-northwest-1', 'us-gov-west-1', 'us-iso-east-1', 'us-isob-east-1', 'eusc-de-east-1', 'ap-southeast-2'),
  accountId: fc.stringMatching(/^[0-9]{12}$/),
};
const reference = fc.oneof(
  fc.record({ store: fc.constant('ssm' as const), ...place, ...owner }),
  fc.record({ store: fc.constant('secrets-manager' as const), ...place, suffix: fc.stringMatching(/^[A-Za-z0-9]{6}$/), ...owner }),
  fc.record({ store: fc.constant('vault' as const), mount: id, ...owner }),
);

const codeOf = (act: () => unknown): string => {
  try {
    act();
    return 'accepted';
  } catch (error) {
    return error instanceof RcmError ? error.code : String(error);
  }
};

const SSM = 'arn:aws:ssm:us-east-1:123456789012:parameter/rcm/prod/7b1d-1111-cafe/endpoints/endpoint-123/provider-456';
const SECRET = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:rcm/prod/7b1d-1111-cafe/endpoints/endpoint-123/provider-456-AbCdEf';
const VAULT = 'vault:kv/rcm/prod/7b1d-1111-cafe/endpoints/endpoint-123/provider-456';

describe('a secret reference', () => {
  it('reads the references of the design', () => {
    const owner = { environment: 'prod', organizationId: '7b1d-1111-cafe', endpointId: 'endpoint-123', portalAccountId: 'provider-456' };
    const place = { partition: 'aws', region: 'us-east-1', accountId: '123456789012' };
    expect(parseReference(SSM)).toEqual({ store: 'ssm', ...place, ...owner });
    expect(parseReference(SECRET)).toEqual({ store: 'secrets-manager', ...place, ...owner, suffix: 'AbCdEf' });
    expect(parseReference(VAULT)).toEqual({ store: 'vault', mount: 'kv', ...owner });
  });

  it('survives being written and read, for every partition and store', () => {
    fc.assert(
      fc.property(reference, (wanted) => {
        expect(parseReference(formatReference(wanted))).toEqual(wanted);
      }),
    );
  });

  it('has one spelling: whatever is accepted is written back as it was', () => {
    const near = fc.oneof(
      fc.string(),
      fc
        .constantFrom(SSM, SECRET, VAULT)
        .chain((text) =>
          fc.tuple(fc.nat(text.length), fc.nat(3), fc.string({ maxLength: 3 })).map(([at, gone, put]) => text.slice(0, at) + put + text.slice(at + gone)),
        ),
    );
    fc.assert(
      fc.property(near, (text) => {
        if (codeOf(() => parseReference(text)) === 'accepted') expect(formatReference(parseReference(text))).toBe(text);
      }),
      { numRuns: 2000 },
    );
  });

  const escapes = [
    '..',
    '.',
    '',
    'a/b',
    '/',
    '*',
    'a*',
    '?',
    '$',
    '${aws:x}',
    '-a',
    'A',
    'а',
    'ａ',
    'é',
    'a b',
    'a\n',
    'a:1',
    'a%2f',
    '_',
    'x'.repeat(64),
    '\u0000',
  ];
  it.each(['prod', '7b1d-1111-cafe', 'endpoint-123', 'provider-456'])('refuses in place of %s whatever could leave its path, tag or policy', (segment) => {
    for (const escape of escapes) {
      for (const text of [SSM, SECRET, VAULT])
        expect({ escape, code: codeOf(() => parseReference(text.replace(segment, () => escape))) }).toEqual({ escape, code: 'reference_invalid' });
    }
  });

  it.each([
    ['another path', SSM.replace('endpoints', 'rotation')],
    ['a longer path', `${SSM}/more`],
    ['a version after it', `${SSM}:3`],
    ['a leading slash too many', SSM.replace('parameter/', 'parameter//')],
    ['another service', SSM.replace(':ssm:', ':s3:')],
    ['a partition that is none', SSM.replace('arn:aws:', 'arn:aws_evil:')],
    ['a region that is none', SSM.replace('us-east-1', '*')],
    ['a short account', SSM.replace('123456789012', '12345678901')],
    ['a secret without its six characters', SECRET.slice(0, -7)],
    ['a suffix of seven', `${SECRET}g`],
    ['a mount with a slash', VAULT.replace('kv/', 'kv/more/')],
    ['a line end after it', `${SSM}\n`],
    ['something very long', `${SSM}${'x'.repeat(1000)}`],
  ])('refuses %s', (_what, text) => {
    expect(codeOf(() => parseReference(text))).toBe('reference_invalid');
  });

  it('does not repeat what it refuses', () => {
    try {
      parseReference('hunter2-was-pasted-here');
    } catch (error) {
      expect(String(error)).not.toContain('hunter2');
    }
    expect.assertions(1);
  });

  it('cannot be written down for a secret that does not exist yet, but can be told apart', () => {
    const wanted = { partition: 'aws', region: 'us-east-1', accountId: '123456789012', environment: 'prod', orgId: 'a', endpointId: 'b', portalAccountId: 'c' };
    const fresh = credentialReference({ store: 'secrets-manager', ...wanted });
    expect(codeOf(() => formatReference(fresh))).toBe('reference_invalid');
    expect(referenceKey(fresh)).not.toBe(referenceKey(credentialReference({ store: 'ssm', ...wanted })));
    expect(referenceKey(fresh)).not.toBe(referenceKey(credentialReference({ store: 'secrets-manager', ...wanted, orgId: 'b' })));
    expect(codeOf(() => credentialReference({ store: 'ssm', ...wanted, orgId: '../b' }))).toBe('reference_invalid');
  });

  it('keeps an attempt id from leaving its path', () => {
    const current = parseReference(SSM);
    expect(stagedPath(current, 'e0b4f5c8-0000-4000-8000-000000000000')).toBe(
      'rcm/prod/7b1d-1111-cafe/rotation/endpoint-123/provider-456/e0b4f5c8-0000-4000-8000-000000000000',
    );
    for (const escape of escapes) expect(codeOf(() => stagedPath(current, escape))).toBe('reference_invalid');
  });
});
