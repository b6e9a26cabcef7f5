/** A type that can't be mixed up with another of the same shape. */
export type Brand<Base, Name extends string> = Base & { readonly __brand: Name };
