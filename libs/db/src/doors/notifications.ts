/** What people are told, once: made, delivered, given up, listed. */
export { notifyOfLongWaits } from '../notifications/long-waits.ts';
export { type Notification, type NotificationKind } from '../notifications/notification.ts';
export {
  type ClaimedNotification,
  type ClaimOptions,
  claimNotifications,
  listNotifications,
  notificationDelivered,
  notificationFailed,
  notificationsReturned,
} from '../notifications/outbox.ts';
export { pruneNotifications } from '../notifications/prune.ts';
export {
  channelFigures,
  type ChannelFigures,
  type Delivery,
  listTold,
  type NotificationPlace,
  NOTIFICATIONS_COUNTED,
  type ToldNotification,
} from '../notifications/told.ts';
export { notifyOfUndecided } from '../notifications/undecided.ts';
