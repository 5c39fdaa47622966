/*
 * The adjoint sweep of the compiled kernels in C, for timing: the same tiles, tables, runs and sums with vectors of four
 * float64 numbers instead of two, complete data, published convention, increasing strain.
 *
 *   cc -O3 -march=native rival.c -lm      (run.ts does it)
 *
 * Reads lines `laminar` or `static` from standard input, makes one sweep for each and answers
 * `nanoseconds-per-point cost gradient-norm`; `read` sums the values over memory instead.
 */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { W = 4, BLOCK = 2, BLOCK_ROWS = 8, FAR = 1, NEAR = 2, MIXED = 3 };
typedef double vec __attribute__((vector_size(W * 8)));
typedef float vec_float __attribute__((vector_size(W * 4), aligned(4)));
typedef int64_t mask __attribute__((vector_size(W * 8)));
typedef vec vec_any __attribute__((aligned(8)));

static int N, P, row_groups;
static float *values;
static double *C, *G, h[64], contrast[64], offset[64], weight[64];
static const double kappa = 0.001;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}
static vec both(double x) { return (vec){x, x, x, x}; }
static double lane_sum(vec v) { return (v[0] + v[1]) + (v[2] + v[3]); }
static vec choose(mask m, vec a, vec b) { return (vec)(((mask)a & m) | ((mask)b & ~m)); }
static vec load_floats(const float *p) { return __builtin_convertvector(*(const vec_float *)p, vec); }
static size_t row_start(int i) { return (size_t)i * (N - 1) - (size_t)i * (i - 1) / 2; }

static const double ROUND = 6755399441055744.0;

static vec exponential(vec x) {
  static const double c[] = {0.5, 1 / 6., 1 / 24., 1 / 120., 1 / 720., 1 / 5040., 1 / 40320., 1 / 362880., 1 / 3628800.,
                             1 / 39916800., 1 / 479001600., 1 / 6227020800.};
  vec shifted = x * 1.4426950408889634 + ROUND, k = shifted - ROUND;
  vec r = (x - k * 0.693147180369123816490) - k * 1.90821492927058770002e-10, s = both(c[11]);
  for (int n = 10; n >= 0; n--) s = s * r + c[n];
  return (vec)((mask)(1 + (r + r * r * s)) + ((mask)shifted << 52));
}

static void sine_cosine(vec x, vec *sine, vec *cosine) {
  static const double a[] = {-1 / 6., 1 / 120., -1 / 5040., 1 / 362880., -1 / 39916800., 1 / 6227020800., -1 / 1307674368000.};
  static const double b[] = {1 / 24., -1 / 720., 1 / 40320., -1 / 3628800., 1 / 479001600., -1 / 87178291200., 1 / 20922789888000.};
  vec shifted = x * 0.6366197723675814 + ROUND, k = shifted - ROUND;
  vec r = ((x - k * 1.57079632673412561417) - k * 6.07710050630396597660e-11) - k * 2.02226624879595063154e-21;
  vec z = r * r, s = both(a[6]), c = both(b[6]);
  for (int n = 5; n >= 0; n--) s = s * z + a[n], c = c * z + b[n];
  s = r + r * z * s;
  c = z * z * c + (1 - z * 0.5);
  mask q = (mask)shifted, odd = -(q & 1);
  *sine = (vec)((mask)choose(odd, c, s) ^ ((q & 2) << 62));
  *cosine = (vec)((mask)choose(odd, s, c) ^ (((q + 1) & 2) << 62));
}

/* One tile's tables. A column record holds sine, cosine, sum of rM, sum of rF; a pair record E/dG^2, 1/dG, E. */
typedef struct { vec sine, cosine, rM, rF; } Column;
typedef struct { vec scaled, inverse; } Pair;
typedef struct { vec m, mm, r, rm, rr, rowM, rowF; double amplitude, strain; Column *columns; int runs, end[128], shape[128]; } Angle;

static vec *decay, *strain, *e;
static Pair *pairs;
static Angle angles[8];
static vec sinc_series(vec z) {
  return 1 + z * (-0.16666666666666533 + z * (0.00833333332364553 + z * -0.00019840236468220655));
}
static vec slope_series(vec z) {
  return -0.33333333333332255 + z * (0.03333333325583155 + z * -0.0011903935211606813);
}

/* `shape` and `lead` are constants at every call. */
static inline __attribute__((always_inline)) void sweep(int shape, int lead, Angle *angle, int a, int i, const float *y, const Pair *pair,
                                                        const vec *factor, const vec *g, Column *column, int count, vec own) {
  double root = sqrt(angle->amplitude), sine = own[0] * root, cosine = own[1] * root;
  vec sineH = both(sine / h[a]), cosineH = both(cosine / h[a]), sineX = both(sine), cosineX = both(cosine);
  vec o = both(offset[a]), hh = both(h[a] * h[a]), gi = both(G[i]);
  vec m = {0}, mm = {0}, sum = {0}, rr = {0}, rowM = {0}, rowF = {0};
  for (int k = 0; k < count; k++, y += W) {
    vec s, v, d, near, slope, z;
    if (shape != NEAR) {
      s = column[k].sine * cosineH - column[k].cosine * sineH;
      v = pair[k].scaled * s;
      d = (column[k].cosine * cosineX + column[k].sine * sineX) - s * pair[k].inverse;
    }
    if (shape != FAR) {
      vec dg = g[k] - gi;
      z = hh * (dg * dg);
      near = root * sinc_series(z);
      slope = (root * hh * dg) * slope_series(z);
      if (shape == NEAR) s = near, v = factor[k] * near, d = slope;
      else {
        mask is_near = z < 0.0025;
        s = choose(is_near, near, s), v = choose(is_near, factor[k] * near, v), d = choose(is_near, slope, d);
      }
    }
    vec value = load_floats(y), M = v * s;
    vec r;
    if (lead) {
      mask valid = value == value;
      M = (vec)((mask)M & valid), v = (vec)((mask)v & valid);
      r = (vec)((mask)((value - o) - M) & valid);
    } else r = (value - o) - M;
    vec rv = r * v, rM = rv * s, rF = rv * d;
    sum += r, rr += r * r, m += M, mm += M * M, rowM += rM, rowF += rF;
    column[k].rM += rM, column[k].rF += rF;
  }
  angle->m += m, angle->mm += mm, angle->r += sum, angle->rr += rr, angle->rowM += rowM, angle->rowF += rowF;
}
static void sweep_far(Angle *t, int a, int i, const float *y, const Pair *p, const vec *f, const vec *g, Column *c, int n, vec own) { sweep(FAR, 0, t, a, i, y, p, f, g, c, n, own); }
static void sweep_near(Angle *t, int a, int i, const float *y, const Pair *p, const vec *f, const vec *g, Column *c, int n, vec own) { sweep(NEAR, 0, t, a, i, y, p, f, g, c, n, own); }
static void sweep_mixed(Angle *t, int a, int i, const float *y, const Pair *p, const vec *f, const vec *g, Column *c, int n, vec own) { sweep(MIXED, 0, t, a, i, y, p, f, g, c, n, own); }
static void sweep_lead(Angle *t, int a, int i, const float *y, const Pair *p, const vec *f, const vec *g, Column *c, int n, vec own) { sweep(MIXED, 1, t, a, i, y, p, f, g, c, n, own); }

/* S = 1: only E and the sums of rM. */
static inline __attribute__((always_inline)) void sweep_static(int lead, Angle *angle, int a, const float *y, const vec *factor, vec *column, int count) {
  vec o = both(offset[a]), amplitude = both(angle->amplitude), m = {0}, mm = {0}, sum = {0}, rr = {0}, rowM = {0};
  for (int k = 0; k < count; k++, y += W) {
    vec value = load_floats(y), M = factor[k] * amplitude, r = (value - o) - M;
    if (lead) {
      mask valid = value == value;
      M = (vec)((mask)M & valid), r = (vec)((mask)r & valid);
    }
    vec rM = r * M;
    sum += r, rr += r * r, m += M, mm += M * M, rowM += rM, column[k] += rM;
  }
  angle->m += m, angle->mm += mm, angle->r += sum, angle->rr += rr, angle->rowM += rowM;
}

static void tile(int from, int to, int first, int count, int shear, double *result) {
  int base = from - ((N - from) & 3 ? 4 - ((N - from) & 3) : 0), groups = (N - base) / W;
  if (to > N - 1) to = N - 1;
  double row_decay[128], *gradC = result + 5 * P, *gradG = gradC + N, *gradH = gradG + N;
  for (int g = 0; g < groups; g++) {
    vec c;
    for (int l = 0; l < W; l++) c[l] = C[base + g * W + l < 0 ? 0 : base + g * W + l], strain[g][l] = G[base + g * W + l < 0 ? 0 : base + g * W + l];
    decay[g] = exponential(-kappa * (c - C[to - 1]));
  }
  for (int i = from; i < to; i++) row_decay[i - from] = exponential(both(-kappa * (C[to - 1] - C[i])))[0];
  for (int t = 0; t < count; t++) {
    Angle *angle = &angles[t];
    Column *columns = angle->columns;
    memset(angle, 0, offsetof(Angle, columns));
    angle->amplitude = contrast[first + t];
    if (shear) for (int g = 0; g < groups; g++) {
      sine_cosine(h[first + t] * (strain[g] - G[from]), &columns[g].sine, &columns[g].cosine);
      columns[g].rM = columns[g].rF = both(0);
    } else memset(columns, 0, groups * sizeof(vec));
  }
  for (int block = from; block < to; block += BLOCK_ROWS) {
    int stop = block + BLOCK_ROWS < to ? block + BLOCK_ROWS : to, start = ((block + 1 - base) / W) & ~(BLOCK - 1);
    if (shear) for (int t = 0; t < count; t++) {
      Angle *angle = &angles[t];
      angle->runs = 0;
      for (int g = start; g < groups; g += BLOCK) {
        int last = g + BLOCK < groups ? g + BLOCK : groups;
        double least = strain[g][0] - G[stop - 1], most = strain[last - 1][W - 1] - G[block], size = fabs(h[first + t]);
        int shape = size * least >= 0.02 ? FAR : size * most < 0.05 && least > -most ? NEAR : MIXED;
        if (angle->runs && angle->shape[angle->runs - 1] == shape) angle->end[angle->runs - 1] = last;
        else angle->end[angle->runs] = last, angle->shape[angle->runs++] = shape;
      }
    }
    for (int i = block; i < stop; i++) {
      vec *row_e = e + (i - block) * row_groups;
      Pair *row_pairs = pairs + (i - block) * row_groups;
      double own_decay = row_decay[i - from];
      for (int g = (i + 1 - base) / W; g < groups; g++) {
        row_e[g] = decay[g] * own_decay;
        if (shear) {
          vec inverse = 1 / (strain[g] - G[i]);
          row_pairs[g].scaled = row_e[g] * (inverse * inverse), row_pairs[g].inverse = inverse;
        }
      }
    }
    for (int t = 0; t < count; t++) for (int i = block; i < stop; i++) {
      Angle *angle = &angles[t];
      Column *columns = angle->columns;
      const vec *row_e = e + (i - block) * row_groups;
      const Pair *row_pairs = pairs + (i - block) * row_groups;
      int a = first + t, g = (i + 1 - base) / W, skip = (i + 1 - base) % W, own_group = (i - base) / W, own_lane = (i - base) % W;
      const float *y = values + a * row_start(N) + row_start(i) + (base + g * W - i - 1);
      vec own = {0};
      if (shear) own[0] = columns[own_group].sine[own_lane], own[1] = columns[own_group].cosine[own_lane];
      angle->rowM = angle->rowF = both(0);
      if (skip) {
        float copy[BLOCK * W];
        int last = (g | (BLOCK - 1)) + 1 < groups ? (g | (BLOCK - 1)) + 1 : groups;
        memcpy(copy, y, sizeof(float) * W * (last - g));
        for (int l = 0; l < skip; l++) copy[l] = NAN;
        if (shear) sweep_lead(angle, a, i, copy, row_pairs + g, row_e + g, strain + g, columns + g, last - g, own);
        else sweep_static(1, angle, a, copy, row_e + g, (vec *)columns + g, last - g);
        y += W * (last - g), g = last;
      }
      if (!shear) sweep_static(0, angle, a, y, row_e + g, (vec *)columns + g, groups - g);
      else for (int k = 0; k < angle->runs; k++) {
        int last = angle->end[k];
        if (last <= g) continue;
        (angle->shape[k] == FAR ? sweep_far : angle->shape[k] == NEAR ? sweep_near : sweep_mixed)(angle, a, i, y, row_pairs + g, row_e + g, strain + g, columns + g, last - g, own);
        y += W * (last - g), g = last;
      }
      double pull = weight[a] * contrast[a] / angle->amplitude, sumF = lane_sum(angle->rowF);
      angle->rm += angle->rowM;
      gradC[i] -= pull * kappa * lane_sum(angle->rowM);
      if (shear) gradG[i] += 2 * pull * sumF, angle->strain += sumF * (G[i] - G[from]);
    }
  }
  for (int t = 0; t < count; t++) {
    Angle *angle = &angles[t];
    int a = first + t;
    double pull = weight[a] * contrast[a] / angle->amplitude, A = angle->amplitude, *sums = result + 5 * a;
    sums[0] = lane_sum(angle->m) / A, sums[1] = lane_sum(angle->mm) / (A * A), sums[2] = lane_sum(angle->r), sums[3] = lane_sum(angle->rm) / A, sums[4] = lane_sum(angle->rr);
    vec total = {0};
    for (int g = 0; g < groups; g++) {
      vec rM = shear ? angle->columns[g].rM : ((vec *)angle->columns)[g];
      for (int l = 0; l < W; l++) if (base + g * W + l >= from) gradC[base + g * W + l] += pull * kappa * rM[l];
      if (!shear) continue;
      for (int l = 0; l < W; l++) if (base + g * W + l >= from) gradG[base + g * W + l] -= 2 * pull * angle->columns[g].rF[l];
      total += angle->columns[g].rF * (strain[g] - G[from]);
    }
    if (shear) gradH[a] = -2 * pull * (lane_sum(total) - angle->strain) / h[a];
  }
}

int main(int argc, char **argv) {
  N = atoi(argv[1]), P = atoi(argv[2]);
  size_t points = row_start(N) * P, length = 5 * P + 2 * N + P;
  values = (float *)aligned_alloc(64, points * 4 + 4096) + 16;
  C = malloc(N * 8), G = malloc(N * 8);
  uint32_t state = 1;
  for (size_t k = 0; k < points; k++) state = state * 1664525u + 1013904223u, values[k] = 1 + (float)(state >> 8) / 167772160.0f;
  for (int k = 0; k < N; k++) C[k] = k, G[k] = 0.01 * k + 1e-6 * k * k;
  for (int a = 0; a < P; a++) h[a] = 1 - 0.097 * a, contrast[a] = 0.1, offset[a] = 1, weight[a] = 1;
  size_t vectors = N / W + 2;
  row_groups = vectors;
  decay = aligned_alloc(64, vectors * 64), strain = aligned_alloc(64, vectors * 64), e = aligned_alloc(64, BLOCK_ROWS * vectors * 64);
  pairs = aligned_alloc(64, BLOCK_ROWS * vectors * sizeof(Pair));
  for (int t = 0; t < 8; t++) angles[t].columns = aligned_alloc(64, vectors * sizeof(Column));
  double *sum = malloc(length * 8), *part = malloc(length * 8);
  char line[64];
  while (fgets(line, sizeof line, stdin)) {
    double begin = now(), cost = 0, norm = 0;
    if (line[0] == 'r') {
      vec s[4] = {{0}};
      size_t k = 0;
      for (; k + 4 * W <= points; k += 4 * W) for (int u = 0; u < 4; u++) s[u] += load_floats(values + k + u * W);
      cost = lane_sum((s[0] + s[1]) + (s[2] + s[3]));
    } else {
      memset(sum, 0, length * 8);
      for (int from = 0; from < N - 1;) {
        int rows = 2 * (int)round(65536.0 / (2 * (N - from)));
        rows = rows < 32 ? 32 : rows > 128 ? 128 : rows;
        int to = from + rows < N ? from + rows : N, parts = (P + 7) / 8;
        for (int p = 0; p < parts; p++) {
          memset(part, 0, length * 8);
          tile(from, to, p * P / parts, (p + 1) * P / parts - p * P / parts, line[0] == 'l', part);
          for (size_t k = 0; k < length; k++) sum[k] += part[k];
        }
        from = to;
      }
      for (int a = 0; a < P; a++) cost += 0.5 * weight[a] * sum[5 * a + 4];
      for (size_t k = 5 * P; k < length; k++) norm += sum[k] * sum[k];
    }
    printf("%.4f %.17g %.17g\n", (now() - begin) / points, cost, sqrt(norm));
    fflush(stdout);
  }
}
