import type { NamedEndpoint } from './credential-source.ts';

export interface MigratedEndpoint extends NamedEndpoint {
  readonly secretArn: string;
}
