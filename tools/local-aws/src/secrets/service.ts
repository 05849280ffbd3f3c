import type { Service } from '../operation.ts';

/** Secrets Manager. */
export const secretsManager: Service = { name: 'secretsmanager', protocol: 'json', wireName: 'secretsmanager', validationCode: 'ValidationException', operations: {} };
