import { AwsError, validationError } from '../aws-error.ts';

export type Tier = 'Standard' | 'Advanced';
export type AskedTier = Tier | 'Intelligent-Tiering';

/** Bytes of a value. "Parameter tiers", AWS Systems Manager User Guide. */
const MAX_VALUE_BYTES: Readonly<Record<Tier, number>> = { Standard: 4_096, Advanced: 8_192 };
/** Parameters of a tier per account and region. */
export const MAX_PARAMETERS: ParameterLimits = { Standard: 10_000, Advanced: 100_000 };

export type ParameterLimits = Readonly<Record<Tier, number>>;

export interface TierQuestion {
  readonly asked: AskedTier | undefined;
  /** `null` for a new parameter. */
  readonly present: Tier | null;
  readonly valueBytes: number;
  readonly count: Readonly<Record<Tier, number>>;
  /** Parameters that the account may have of each. */
  readonly most: ParameterLimits;
}

/**
 * The tier a write ends in. Nothing goes back from Advanced; Intelligent-Tiering takes Standard while value and account fit
 * in it. Errors: ValidationException, ParameterLimitExceeded.
 */
export function decideTier(question: TierQuestion): Tier {
  const { present, valueBytes, count, most } = question;
  const tier = chosen(question);
  if (present === 'Advanced' && tier === 'Standard') {
    throw validationError(
      "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the advanced-parameter tier to the standard-parameter tier. If necessary, you can delete the advanced parameter and recreate it as a standard parameter.",
    );
  }
  if (valueBytes > MAX_VALUE_BYTES[tier]) {
    const upgrade = tier === 'Standard' ? ' To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier.' : '';
    throw validationError(`${tier} tier parameters support a maximum parameter value of ${MAX_VALUE_BYTES[tier]} characters.${upgrade}`);
  }
  if (present !== tier && count[tier] >= most[tier]) {
    throw new AwsError(
      'ParameterLimitExceeded',
      `You have exceeded the number of ${tier.toLowerCase()} parameters for this AWS account. Delete one or more parameters and try again.`,
    );
  }
  return tier;
}

function chosen({ asked, present, valueBytes, count, most }: TierQuestion): Tier {
  if (asked === undefined) return present ?? 'Standard';
  if (asked !== 'Intelligent-Tiering') return asked;
  if (present === 'Advanced' || valueBytes > MAX_VALUE_BYTES.Standard) return 'Advanced';
  return present === null && count.Standard >= most.Standard ? 'Advanced' : 'Standard';
}
