// Required documentation means that of named things. The members of a type written in place, such as `op` in the
// variants of a union, are covered by the comment of the type that holds them.

import { Converter, ReflectionKind } from "typedoc";

/** A typedoc plugin. */
export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_END, (context) => {
    const names = context.project
      .getReflectionsByKind(ReflectionKind.Property)
      .filter((property) => !property.hasComment() && property.parent?.kindOf(ReflectionKind.TypeLiteral))
      .filter((property) => !ancestors(property).some((one) => one.kindOf(ReflectionKind.Parameter)))
      .map((property) => property.getFriendlyFullName());
    app.options.setValue("intentionallyNotDocumented", [...new Set(names)]);
  });
}

/** What lies around a reflection, from the inside out. */
function ancestors(reflection) {
  return reflection.parent === undefined ? [] : [reflection.parent, ...ancestors(reflection.parent)];
}
