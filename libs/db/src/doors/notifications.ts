/** What people are told, once: made, delivered, given up, listed. */
export { noticeLongWaits } from '../notices/long-waits.ts';
export { type Notice, type NoticeKind } from '../notices/notice.ts';
export { type ClaimedNotice, type ClaimOptions, claimNotices, listNotices, noticeDelivered, noticeFailed, noticesReturned } from '../notices/outbox.ts';
export { pruneNotices } from '../notices/prune.ts';
export { channelFigures, type ChannelFigures, type Delivery, listTold, type NoticePlace, NOTICES_COUNTED, type ToldNotice } from '../notices/told.ts';
export { noticeUndecided } from '../notices/undecided.ts';
