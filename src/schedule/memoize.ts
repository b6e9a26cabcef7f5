/**
 * The same pure function, remembering its latest answers; thousands of jobs share a few zones and patterns.
 * @param sizeMax answers remembered at most; the one computed first is forgotten first
 */
export function memoize<Value>(sizeMax: number, compute: (key: string) => Value): (key: string) => Value {
  const answers = new Map<string, Value>();
  return (key) => {
    const known = answers.get(key);
    if (known !== undefined || answers.has(key)) return known as Value;
    const value = compute(key);
    if (answers.size >= sizeMax) {
      const [oldest] = answers.keys();
      if (oldest !== undefined) answers.delete(oldest);
    }
    answers.set(key, value);
    return value;
  };
}
