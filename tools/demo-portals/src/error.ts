export type DemoPortalsErrorCode = 'input_invalid' | 'port_unavailable' | 'data_file_unusable';

/** What stops the demo portals from starting, or a control request that makes no sense. The message is one sentence for a person. */
export class DemoPortalsError extends Error {
  override readonly name = 'DemoPortalsError';
  readonly code: DemoPortalsErrorCode;

  constructor(code: DemoPortalsErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
