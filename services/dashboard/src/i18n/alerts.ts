import type { Alert } from '$gen/montrg/alert/v1/alert_service_pb';

import { number } from './format';
import { i18n } from './index.svelte';

/** What is the matter, as the messages say it: `perceived temperature beyond the limit`. */
export function matter(alert: Alert): string {
  const { types } = i18n.phrases;
  const known = types[alert.alertType as keyof typeof types] ?? alert.alertType;
  return known.replace('{metric}', metricName(alert.thresholdType));
}

/** What a metric is called; one that is not known says its own name. */
export function metricName(metric: string | undefined): string {
  const { metrics } = i18n.phrases;
  return metrics[metric as keyof typeof metrics] ?? metric ?? '';
}

/** `33.5 °C` or `71.0 %`. */
export function measured(value: number, metric: string | undefined): string {
  return `${number(value, 1)} ${metric === 'humidity' ? '%' : '°C'}`;
}
