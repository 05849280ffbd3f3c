import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RcmError } from '@rcm/telemetry';
import { partitionOfRegion } from './aws-partition.ts';
import { credentialReference, formatReference, parseReference, referenceKey, stagedPath } from './reference.ts';

const id = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,62}$/);
const owner = { environment: id, organizationId: id, endpointId: id, portalAccountId: id };
const regions = fc.constantFrom(
  'us-east-1',
  'ap-southeast-2',
  'cn-northwest-1',
  'us-gov-west-1',
  'us-iso-east-1',
  'us-isob-east-1',
  'eu-isoe-west-1',
  'us-isof-south-1',
  'eusc-de-east-1',
);
const place = regions.chain((region) =>
  fc.record({ region: fc.constant(region), partition: fc.constant(partitionOfRegion(region)), accountId: fc.stringMatching(/^[0-9]{12}$/) }),
);
const inAws = <T extends object>(more: fc.Arbitrary<T>) => fc.tuple(place, more).map(([where, rest]) => ({ ...where, ...rest }));
const reference = fc.oneof(
  inAws(fc.record({ store: fc.constant('ssm' as const), ...owner })),
  inAws(fc.record({ store: fc.constant('secrets-manager' as const), suffix: fc.stringMatching(/^[A-Za-z0-9]{6}$/), ...owner })),
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

const failureOf = (act: () => unknown): unknown => {
  try {
    return act();
  } catch (error) {
    return error;
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
    ['another path', SSM.replace('endpoints', 'rotation'), 'path'],
    ['a longer path', `${SSM}/more`, 'path'],
    ['a version after it', `${SSM}:3`, 'account'],
    ['a leading slash too many', SSM.replace('parameter/', 'parameter//'), 'path'],
    ['another service', SSM.replace(':ssm:', ':s3:'), 'no_secret'],
    ['a partition that is none', SSM.replace('arn:aws:', 'arn:aws_evil:'), 'partition'],
    ['a partition that its region is not in', SSM.replace('arn:aws:', 'arn:aws-cn:'), 'partition'],
    ['a region that is none', SSM.replace('us-east-1', '*'), 'region'],
    ['a region of another partition', SSM.replace('us-east-1', 'cn-north-1'), 'partition'],
    ['a short account', SSM.replace('123456789012', '12345678901'), 'aws_account'],
    ['an account that is no number', SSM.replace('123456789012', '12345678901x'), 'aws_account'],
    ['a secret without its six characters', SECRET.slice(0, -7), 'suffix'],
    ['a suffix of seven', `${SECRET}g`, 'suffix'],
    ['a mount with a slash', VAULT.replace('kv/', 'kv/more/'), 'path'],
    ['a mount that is no id', VAULT.replace('kv/', 'k_v/'), 'mount'],
    ['no environment', SSM.replace('/prod/', '//'), 'environment'],
    ['a tenant that climbs', SSM.replace('7b1d-1111-cafe', '..'), 'organization'],
    ['an endpoint with a star', SSM.replace('endpoint-123', '*'), 'endpoint'],
    ['an account that looks alike in Cyrillic', SSM.replace('provider-456', 'рrovider-456'), 'account'],
    ['a line end after it', `${SSM}\n`, 'account'],
    ['something very long', `${SSM}${'x'.repeat(1000)}`, 'too_long'],
    ['nothing', '', 'no_reference'],
  ])('refuses %s, and tells what was wrong', (_what, text, reason) => {
    expect(failureOf(() => parseReference(text))).toMatchObject({ code: 'reference_invalid', details: { reason } });
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
