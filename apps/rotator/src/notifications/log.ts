import type { Logger } from '@rcm/telemetry';
import type { NotificationChannel } from './channel.ts';

/** The channel that is always there. */
export const logChannel = (logger: Logger): NotificationChannel => ({
  name: 'log',
  async send({ notification, text }) {
    const { id, kind, orgId, endpointId, portalTypeCode, attemptId } = notification;
    logger.warn(
      { noticeId: id, notice: kind, orgId, endpointId, portalType: portalTypeCode, attemptId, happened: text.happened, safe: text.safe, todo: text.todo },
      text.title,
    );
  },
});
