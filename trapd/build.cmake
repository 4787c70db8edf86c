# SPDX-License-Identifier: Apache-2.0
# Flags for every target, and trapd_library(): one folder = one library, its dependencies spelt out.

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(prometheus-cpp REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(CURL REQUIRED)
pkg_check_modules(UV REQUIRED IMPORTED_TARGET libuv)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(NETSNMP REQUIRED IMPORTED_TARGET netsnmp)
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)
pkg_check_modules(SYSTEMD REQUIRED IMPORTED_TARGET libsystemd)
pkg_check_modules(CAP REQUIRED IMPORTED_TARGET libcap)
pkg_check_modules(SECCOMP REQUIRED IMPORTED_TARGET libseccomp)

find_library(LMDB_LIBRARY lmdb REQUIRED)
find_path(LMDB_INCLUDE lmdb.h REQUIRED)
add_library(lmdb INTERFACE)
target_link_libraries(lmdb INTERFACE ${LMDB_LIBRARY})
target_include_directories(lmdb SYSTEM INTERFACE ${LMDB_INCLUDE})

add_library(trapd_flags INTERFACE)
target_include_directories(trapd_flags INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(trapd_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wswitch-enum -Wnon-virtual-dtor -Wold-style-cast
  -Werror -fstack-protector-strong -fstack-clash-protection -ftrivial-auto-var-init=zero
  $<$<STREQUAL:${CMAKE_SYSTEM_PROCESSOR},x86_64>:-fcf-protection>)
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -DNDEBUG")
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 reports overlapping copies inside std::string's operator+ (its bug 105329).
  target_compile_options(trapd_flags INTERFACE -Wno-restrict)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # Clang 14 asks for a confirmation before it zero-initialises automatic variables.
  target_compile_options(trapd_flags INTERFACE -Wthread-safety
    -enable-trivial-auto-var-init-zero-knowing-it-will-be-removed-from-clang)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Debug")
  target_compile_definitions(trapd_flags INTERFACE _GLIBCXX_ASSERTIONS)
endif()
if(TRAPD_SANITIZE)
  target_compile_options(trapd_flags INTERFACE -fsanitize=${TRAPD_SANITIZE}
    -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(trapd_flags INTERFACE -fsanitize=${TRAPD_SANITIZE})
else()
  target_compile_options(trapd_flags INTERFACE $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=3>)
endif()
if(TRAPD_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "TRAPD_FUZZ needs clang: libFuzzer is its own")
  endif()
  # Coverage for libFuzzer in every library; the targets alone link its main (tests/fuzz).
  target_compile_options(trapd_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
target_link_options(trapd_flags INTERFACE -Wl,-z,relro,-z,now)

if(CMAKE_BUILD_TYPE STREQUAL "Release" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU"
   AND NOT TRAPD_SANITIZE)
  set(TRAPD_LTO_COMPILE -O3 -flto=auto -ffat-lto-objects)
  set(TRAPD_LTO_LINK -O3 -flto=auto)
endif()

# trapd_library(NAME [SOURCES file...] [DEPENDS library...] [WIRE] [PACKET_PATH])
# WIRE: parses bytes from the network; built without exceptions and RTTI.
# PACKET_PATH: run for every trap; programs that ask for it (trapd_link_time_optimized) optimise
# these libraries as one. The objects are whole without that, so tests link as fast as ever.
function(trapd_library name)
  cmake_parse_arguments(ARG "WIRE;PACKET_PATH" "" "SOURCES;DEPENDS" ${ARGN})
  add_library(trapd_${name} STATIC ${ARG_SOURCES})
  target_link_libraries(trapd_${name} PUBLIC trapd_flags ${ARG_DEPENDS})
  if(ARG_WIRE)
    target_compile_options(trapd_${name} PRIVATE -fno-exceptions -fno-rtti)
  endif()
  if(ARG_PACKET_PATH)
    target_compile_options(trapd_${name} PRIVATE
      ${TRAPD_LTO_COMPILE})
  endif()
endfunction()

function(trapd_link_time_optimized program)
  target_link_options(${program} PRIVATE
    ${TRAPD_LTO_LINK})
endfunction()

# trapd_unit_tests(NAME [DEPENDS library...]): every tests/unit/NAME/*_test.cc in one doctest program.
function(trapd_unit_tests name)
  cmake_parse_arguments(ARG "" "" "DEPENDS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/unit/${name}/*_test.cc)
  if(NOT sources)
    return()
  endif()
  add_executable(unit_${name} ${sources} $<TARGET_OBJECTS:unit_main>)
  target_link_libraries(unit_${name} PRIVATE trapd_flags ${ARG_DEPENDS})
  add_test(NAME unit.${name} COMMAND unit_${name})
  set_tests_properties(unit.${name} PROPERTIES LABELS unit TIMEOUT 300
    ENVIRONMENT "TRAPD_SOURCE_DIR=${CMAKE_SOURCE_DIR}")
endfunction()
