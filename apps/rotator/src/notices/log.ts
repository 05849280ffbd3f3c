import type { Logger } from '@rcm/telemetry';
import type { NoticeChannel } from './channel.ts';

/** The channel that is always there. */
export const logChannel = (logger: Logger): NoticeChannel => ({
  name: 'log',
  async send({ notice, text }) {
    const { id, kind, orgId, endpointId, portalTypeCode, attemptId } = notice;
    logger.warn(
      { noticeId: id, notice: kind, orgId, endpointId, portalType: portalTypeCode, attemptId, happened: text.happened, safe: text.safe, todo: text.todo },
      text.title,
    );
  },
});
