/** Signs heads. The private key is in this process or in KMS, never in the database. */
export interface HeadSigner {
  /** What verifiers are given. */
  publicKey(signal: AbortSignal): Promise<{ readonly id: string; readonly pem: string }>;
  /** Ed25519, or ECDSA over SHA-256 in DER: as the public key says. */
  sign(text: string, signal: AbortSignal): Promise<Buffer>;
  close(): void;
}
