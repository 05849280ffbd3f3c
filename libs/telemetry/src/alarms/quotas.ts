/**
 * Calls a second that an AWS account may make in one Region until AWS lets it make more. The rules of Prometheus are made of these numbers, the alarms of CloudWatch
 * of `quotas` in infra.yaml, whose defaults they are. Sources: "AWS Systems Manager endpoints and quotas" (AWS General Reference): 40 for GetParameter, GetParameters and
 * GetParametersByPath together, 3 for PutParameter; "IAM and AWS STS quotas" (IAM User Guide): 600 for AssumeRole and a few further operations together.
 */
export const QUOTAS = { ssmReads: 40, ssmWrites: 3, sts: 600 } as const;

export type QuotaName = keyof typeof QUOTAS;
export type Quotas = Readonly<Record<QuotaName, number>>;

/** Somebody is told above this share: enough is left to act before calls are refused. */
export const QUOTA_PERCENT = 80;
const SECONDS = 180;

/** When an alarm about calls under this quota is told of: where more than the share was used, on average over three minutes. */
export const nearQuota = (quota: QuotaName, quotas: Quotas = QUOTAS) => ({ quota, above: (quotas[quota] * SECONDS * QUOTA_PERCENT) / 100, seconds: SECONDS });
