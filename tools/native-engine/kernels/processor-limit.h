// oneDNN's own limit of instructions, ONEDNN_MAX_CPU_ISA, which these kernels obey too: with AVX2 a processor with AVX-512 computes like
// one with AVX2 alone.
#pragma once

#include <cctype>
#include <cstdlib>
#include <string>

namespace winograd {

enum class Level { avx2, avx512 };

/** Whether the limit allows the instructions of this level; without a limit all are allowed. */
static bool isAllowed(Level level) {
  const char* limit = std::getenv("ONEDNN_MAX_CPU_ISA");
  std::string name(limit == nullptr ? "" : limit);
  for (char& letter : name) letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
  if (name == "SSE41" || name == "AVX") return false;
  return level == Level::avx2 || name.rfind("AVX2", 0) != 0;
}

}  // namespace winograd
