import { AwsError, validationError } from '../aws-error.ts';

export type Tier = 'Standard' | 'Advanced';
export type AskedTier = Tier | 'Intelligent-Tiering';

/** Bytes of a value. "Parameter tiers", AWS Systems Manager User Guide. */
export const MAX_VALUE_BYTES: Readonly<Record<Tier, number>> = { Standard: 4_096, Advanced: 8_192 };
/** Parameters of a tier per account and region. */
export const MAX_PARAMETERS: Readonly<Record<Tier, number>> = { Standard: 10_000, Advanced: 100_000 };

export interface TierQuestion {
  readonly asked: AskedTier | undefined;
  /** `null` for a new parameter. */
  readonly present: Tier | null;
  readonly valueBytes: number;
  readonly count: Readonly<Record<Tier, number>>;
}

/**
 * The tier a write ends in. Nothing goes back from Advanced; Intelligent-Tiering takes Standard while value and account fit
 * in it. Errors: ValidationException, ParameterLimitExceeded.
 */
export function decideTier({ asked, present, valueBytes, count }: TierQuestion): Tier {
  const tier = chosen(asked, present, valueBytes, count);
  if (present === 'Advanced' && tier === 'Standard') {
    throw validationError(
      "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the advanced-parameter tier to the standard-parameter tier. If necessary, you can delete the advanced parameter and recreate it as a standard parameter.",
    );
  }
  if (valueBytes > MAX_VALUE_BYTES[tier]) {
    const upgrade = tier === 'Standard' ? ' To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier.' : '';
    throw validationError(`${tier} tier parameters support a maximum parameter value of ${MAX_VALUE_BYTES[tier]} characters.${upgrade}`);
  }
  if (present !== tier && count[tier] >= MAX_PARAMETERS[tier]) {
    throw new AwsError(
      'ParameterLimitExceeded',
      `You have exceeded the number of ${tier.toLowerCase()} parameters for this AWS account. Delete one or more parameters and try again.`,
    );
  }
  return tier;
}

function chosen(asked: AskedTier | undefined, present: Tier | null, valueBytes: number, count: Readonly<Record<Tier, number>>): Tier {
  if (asked === undefined) return present ?? 'Standard';
  if (asked !== 'Intelligent-Tiering') return asked;
  if (present === 'Advanced' || valueBytes > MAX_VALUE_BYTES.Standard) return 'Advanced';
  return present === null && count.Standard >= MAX_PARAMETERS.Standard ? 'Advanced' : 'Standard';
}
