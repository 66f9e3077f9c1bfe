/** The product's mark: one line through a moment. */

/** The mark at `size` pixels; decorative, the name stands beside it. */
export function Mark({ size }: { size: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="#1f716b" />
      <path
        d="M5 21c5 0 5-10 11-10s6 10 11 10"
        fill="none"
        stroke="#fff"
        strokeWidth="3"
        strokeLinecap="round"
      />
      <circle cx="16" cy="11" r="3.4" fill="#fff" />
    </svg>
  );
}
