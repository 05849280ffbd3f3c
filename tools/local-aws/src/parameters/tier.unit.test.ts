import { expect, test } from 'vitest';
import { type AskedTier, decideTier, MAX_PARAMETERS, type Tier, type TierQuestion } from './tier.ts';

const question = (asked: AskedTier | undefined, present: Tier | null, valueBytes: number, standard = 0): TierQuestion => ({
  asked,
  present,
  valueBytes,
  count: { Standard: standard, Advanced: 0 },
  most: MAX_PARAMETERS,
});

test.each<[TierQuestion, Tier]>([
  [question(undefined, null, 4_096), 'Standard'],
  [question(undefined, 'Advanced', 10), 'Advanced'],
  [question('Advanced', 'Standard', 8_192), 'Advanced'],
  [question('Intelligent-Tiering', null, 4_096), 'Standard'],
  [question('Intelligent-Tiering', null, 4_097), 'Advanced'],
  [question('Intelligent-Tiering', 'Advanced', 1), 'Advanced'],
  [question('Intelligent-Tiering', null, 1, 10_000), 'Advanced'],
  [question('Intelligent-Tiering', 'Standard', 1, 10_000), 'Standard'],
  [question(undefined, 'Standard', 1, 10_000), 'Standard'],
])('%o ends in %s', (given, expected) => expect(decideTier(given)).toBe(expected));

test.each<[TierQuestion, string]>([
  [question(undefined, null, 4_097), 'ValidationException'],
  [question('Standard', 'Advanced', 1), 'ValidationException'],
  [question('Intelligent-Tiering', null, 8_193), 'ValidationException'],
  [question(undefined, null, 1, 10_000), 'ParameterLimitExceeded'],
])('%o is refused as %s', (given, code) => expect(() => decideTier(given)).toThrow(expect.objectContaining({ code })));
