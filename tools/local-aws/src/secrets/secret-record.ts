export interface SecretRecord {
  readonly arn: string;
  readonly name: string;
  readonly description: string | null;
  readonly key_id: string | null;
  readonly created_at: number;
  readonly changed_at: number;
  /** When DeleteSecret was called, and when the recovery window ends. */
  readonly deleted_at: number | null;
  readonly purge_at: number | null;
}

export interface SecretVersionRecord {
  readonly arn: string;
  readonly id: string;
  readonly value_id: number;
  readonly created_at: number;
}
