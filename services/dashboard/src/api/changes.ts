import { create, toJson, type DescMessage, type MessageInitShape } from '@bufbuild/protobuf';

/** Names the fields that differ, for an update's mask: what nobody touched is left as others may have set it. */
export function changedFields<S extends DescMessage>(
  schema: S,
  before: MessageInitShape<S>,
  after: MessageInitShape<S>,
): string[] {
  const [old, now] = [before, after].map((it) => toJson(schema, create(schema, it)) as Record<string, unknown>);
  return schema.fields
    .filter((field) => JSON.stringify(old?.[field.jsonName]) !== JSON.stringify(now?.[field.jsonName]))
    .map((field) => field.name);
}
