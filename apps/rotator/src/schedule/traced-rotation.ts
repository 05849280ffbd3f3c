import type { Tracing } from '@rcm/portal-access/tracing';
import { rotateAndReport } from './rotation-outcome.ts';

/**
 * `rotateAndReport`, as the first span of a trace of its own: the lease that it waits for and the logins that it makes are in it. Its attempt leads to the journal, which
 * has the login and everything else.
 */
export const tracedRotation =
  (tracing: Tracing): typeof rotateAndReport =>
  (rotator, request) =>
    tracing.alone(
      'rotation',
      () => rotateAndReport(rotator, request),
      ({ result, attemptId, code }) => ({
        'rcm.result': result,
        'rcm.reason': request.reason,
        ...(attemptId === null ? {} : { 'rcm.attempt': attemptId }),
        ...(code === null ? {} : { 'rcm.code': code }),
      }),
    );
