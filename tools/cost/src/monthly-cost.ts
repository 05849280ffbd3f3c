import { advancedParameters, type Deployment, PARAMETERS_EACH, trafficOf } from './deployment.ts';
import { PRICES } from './prices.ts';

export interface CostLine {
  readonly what: string;
  readonly quantity: number;
  readonly unit: string;
  readonly usd: number;
}

export interface MonthlyCost {
  readonly lines: readonly CostLine[];
  readonly usd: number;
}

/** What the stores and their key cost a month. The containers that run the platform, and Vault's own machines, are not in it. */
export function monthlyCost(deployment: Deployment): MonthlyCost {
  const { secretsManager, regions, throughput, ssm } = deployment;
  const traffic = trafficOf(deployment);
  const advanced = advancedParameters(deployment);
  const parameters = PARAMETERS_EACH * ssm;
  const share = parameters === 0 ? 0 : advanced / parameters;
  // Interactions with advanced parameters are paid for at either throughput.
  const paid = traffic.ssmInteractions * (throughput === 'higher' ? 1 : share);
  const usesAws = ssm + secretsManager > 0;
  const decrypts = traffic.ssmInteractions + traffic.secretsManagerCalls;
  const lines = [
    line('KMS key', usesAws ? regions : 0, 'keys', PRICES.kmsKey),
    line('KMS requests', decrypts, 'requests', PRICES.kmsPer10kRequests / 10_000),
    line('SSM standard parameters', (parameters - advanced) * regions, 'parameters', 0),
    line('SSM advanced parameters', advanced * regions, 'parameters', PRICES.ssmAdvancedParameter),
    line('SSM interactions that are paid for', paid, 'interactions', PRICES.ssmPer10kInteractions / 10_000),
    line('Secrets Manager secrets', secretsManager * regions, 'secrets', PRICES.secretsManagerSecret),
    line('Secrets Manager calls', traffic.secretsManagerCalls, 'calls', PRICES.secretsManagerPer10kCalls / 10_000),
  ];
  return { lines, usd: cents(lines.reduce((sum, { usd }) => sum + usd, 0)) };
}

const line = (what: string, quantity: number, unit: string, each: number): CostLine => ({
  what,
  quantity: Math.round(quantity),
  unit,
  usd: cents(quantity * each),
});

export const cents = (usd: number): number => Math.round(usd * 100) / 100;
