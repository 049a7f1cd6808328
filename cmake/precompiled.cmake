# The headers that most files need, parsed once where a build is made often (TESSERA_PRECOMPILED). The other builds show that each file
# includes what it uses.
set(TESSERA_PRECOMPILED OFF CACHE BOOL "Parse the headers that most files need once for all of them")
set(tessera_common_headers <algorithm> <array> <atomic> <chrono> <cstdint> <expected> <functional> <map> <memory> <mutex> <optional> <set>
                           <span> <string> <string_view> <thread> <unordered_map> <utility> <variant> <vector> <filesystem> <fstream>)
# g++ refuses a precompiled header where a macro of Boost's, by which libraries are linked, is defined in one place and not in the other.
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  list(APPEND tessera_common_headers <boost/json/serialize.hpp> <boost/json/value.hpp> <fmt/format.h> ${CMAKE_SOURCE_DIR}/src/store/store.h)
endif()
if(TESSERA_PRECOMPILED)
  # One as a part is compiled, one as a program is: clang takes the two for different languages.
  file(WRITE ${CMAKE_BINARY_DIR}/generated/nothing.cc "int main() {}\n")
  add_library(tessera_precompiled_sources OBJECT ${CMAKE_BINARY_DIR}/generated/nothing.cc)
  target_include_directories(tessera_precompiled_sources PRIVATE ${CMAKE_SOURCE_DIR}/src)
  target_precompile_headers(tessera_precompiled_sources PRIVATE ${tessera_common_headers})
  if(NOT TESSERA_FUZZ)
    add_executable(tessera_precompiled_tests ${CMAKE_BINARY_DIR}/generated/nothing.cc)
    target_include_directories(tessera_precompiled_tests PRIVATE ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(tessera_precompiled_tests PRIVATE GTest::gtest)
    target_precompile_headers(tessera_precompiled_tests PRIVATE ${tessera_common_headers} <gtest/gtest.h>)
  endif()
endif()

# tessera_precompile(TARGET sources|tests)
function(tessera_precompile target kind)
  if(TESSERA_PRECOMPILED)
    target_precompile_headers(${target} REUSE_FROM tessera_precompiled_${kind})
  endif()
endfunction()
