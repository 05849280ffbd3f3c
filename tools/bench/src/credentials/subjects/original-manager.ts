import { GetSecretValueCommand, SecretsManagerClient, type SecretsManagerClientConfig } from '@aws-sdk/client-secrets-manager';
import { GetParameterCommand, SSMClient, type SSMClientConfig } from '@aws-sdk/client-ssm';

export type OriginalPayload = Readonly<Record<string, unknown>>;

/**
 * The class of the original design's section 6.1, as it stands, in TypeScript: a cache of plain TTL per ARN, one call per secret,
 * nothing else. Two callers who miss at once both call; an error is the caller's; an expired value is never used.
 */
export class OriginalCredentialManager {
  readonly #ssm: SSMClient;
  readonly #secretsManager: SecretsManagerClient;
  readonly #ttlMs: number;
  readonly #cache = new Map<string, readonly [payload: OriginalPayload, cachedAt: number]>();

  constructor(client: SSMClientConfig & SecretsManagerClientConfig, cacheTtlMinutes = 10) {
    this.#ssm = new SSMClient(client);
    this.#secretsManager = new SecretsManagerClient(client);
    this.#ttlMs = cacheTtlMinutes * 60_000;
  }

  async getCredentials(secretArn: string): Promise<OriginalPayload> {
    const cached = this.#cache.get(secretArn);
    if (cached && Date.now() - cached[1] < this.#ttlMs) return cached[0];
    let payload: OriginalPayload;
    if (secretArn.startsWith('arn:aws:ssm:')) payload = await this.#fetchFromSsm(secretArn);
    else if (secretArn.startsWith('arn:aws:secretsmanager:')) payload = await this.#fetchFromSecretsManager(secretArn);
    else throw new Error(`Unknown secret ARN format: ${secretArn}`);
    this.#cache.set(secretArn, [payload, Date.now()]);
    return payload;
  }

  close(): void {
    this.#ssm.destroy();
    this.#secretsManager.destroy();
  }

  async #fetchFromSsm(arn: string): Promise<OriginalPayload> {
    const name = arn.split(':parameter').at(-1);
    const { Parameter } = await this.#ssm.send(new GetParameterCommand({ Name: name, WithDecryption: true }));
    return JSON.parse(Parameter?.Value ?? '') as OriginalPayload;
  }

  async #fetchFromSecretsManager(arn: string): Promise<OriginalPayload> {
    const { SecretString } = await this.#secretsManager.send(new GetSecretValueCommand({ SecretId: arn }));
    return JSON.parse(SecretString ?? '') as OriginalPayload;
  }
}
