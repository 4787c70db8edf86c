# SPDX-License-Identifier: Apache-2.0
# What the built programs consist of: a CycloneDX 1.5 bill of materials, and the same as a list of
# licences to read. Each shared library that they load, found as the loader finds it, is told with
# its Debian package, version, licences and SHA-256; the packages whose code is compiled in, too.
#
#   cmake -DVERSION=V -DPROGRAMS=FILE[,FILE…] -DHEADERS=PACKAGE[,PACKAGE…] -DBOM=FILE -DLICENCES=FILE
#         -P docker/sbom.cmake
#
# The same tree on the same packages gives the same octets: no time, no serial number.
cmake_minimum_required(VERSION 3.25)

string(REPLACE "," ";" programs "${PROGRAMS}")
string(REPLACE "," ";" headers "${HEADERS}")

# text -> a JSON string, quotes included.
function(json_text result text)
  string(REPLACE "\\" "\\\\" text "${text}")
  string(REPLACE "\"" "\\\"" text "${text}")
  set(${result} "\"${text}\"" PARENT_SCOPE)
endfunction()

function(query result)
  execute_process(COMMAND dpkg-query ${ARGN} OUTPUT_VARIABLE said ERROR_QUIET
                  OUTPUT_STRIP_TRAILING_WHITESPACE)
  set(${result} "${said}" PARENT_SCOPE)
endfunction()

# The short names in Debian's copyright file, as they stand there. Few packages have only prose.
function(licences_of result package)
  set(file "/usr/share/doc/${package}/copyright")
  set(names)
  if(EXISTS "${file}")
    file(STRINGS "${file}" lines REGEX "^[Ll]icense: *[^ ]")
    foreach(line IN LISTS lines)
      string(REGEX REPLACE "^[Ll]icense: *" "" name "${line}")
      string(REGEX REPLACE "[ ,;]+$" "" name "${name}")
      string(REPLACE ";" "," name "${name}")
      list(APPEND names "${name}")
    endforeach()
    list(REMOVE_DUPLICATES names)
    list(SORT names)
  endif()
  set(${result} "${names}" PARENT_SCOPE)
endfunction()

file(GET_RUNTIME_DEPENDENCIES EXECUTABLES ${programs} RESOLVED_DEPENDENCIES_VAR libraries
     UNRESOLVED_DEPENDENCIES_VAR missing)
if(missing)
  message(FATAL_ERROR "sbom: not found: ${missing}")
endif()
set(distribution debian-12)
if(EXISTS /etc/os-release)
  file(STRINGS /etc/os-release lines REGEX "^(ID|VERSION_ID)=")
  string(REGEX REPLACE "(^|.*;)ID=\"?([^\";]+).*" "\\2" id "${lines}")
  string(REGEX REPLACE "(^|.*;)VERSION_ID=\"?([^\";]+).*" "\\2" release "${lines}")
  set(distribution "${id}-${release}")
endif()
query(arch -f "\${Architecture}" -W libc6)

# Whose file each library is, all at once. They lie below /usr although some are known below /.
set(paths)
foreach(library IN LISTS libraries)
  get_filename_component(real "${library}" REALPATH)
  string(REGEX REPLACE "^/usr" "" shorter "${library}")
  string(REGEX REPLACE "^/usr" "" shorter_real "${real}")
  list(APPEND paths "${library}" "${real}" "${shorter}" "${shorter_real}")
endforeach()
list(REMOVE_DUPLICATES paths)
query(said -S ${paths})
string(REPLACE "\n" ";" said "${said}")
foreach(line IN LISTS said)
  if(line MATCHES "^([a-z0-9][a-z0-9.+-]+)(:[a-z0-9]+)?: (.+)$")
    get_filename_component(file "${CMAKE_MATCH_3}" NAME)
    set("package_of_${file}" "${CMAKE_MATCH_1}")
  endif()
endforeach()

set(packages ${headers})
foreach(library IN LISTS libraries)
  get_filename_component(name "${library}" NAME)
  get_filename_component(real "${library}" REALPATH)
  get_filename_component(real_name "${real}" NAME)
  set(package "${package_of_${name}}")
  if(package STREQUAL "")
    set(package "${package_of_${real_name}}")
  endif()
  file(SHA256 "${real}" hash)
  if(package STREQUAL "")
    message(WARNING "sbom: no package has brought ${library}: its licence is for you to find out")
    list(APPEND strangers "${real}=${hash}")
  else()
    list(APPEND packages "${package}")
    list(APPEND files_of_${package} "${name}=${hash}")
  endif()
endforeach()
list(REMOVE_DUPLICATES packages)
list(SORT packages)
query(said -f "\${Package} \${Version} \${source:Package}\n" -W ${packages})
string(REPLACE "\n" ";" said "${said}")
foreach(line IN LISTS said)
  if(line MATCHES "^([^ ]+) ([^ ]+) (.+)$")
    set(version_of_${CMAKE_MATCH_1} "${CMAKE_MATCH_2}")
    set(source_of_${CMAKE_MATCH_1} "${CMAKE_MATCH_3}")
  endif()
endforeach()

set(components)
set(table)
foreach(package IN LISTS packages)
  set(version "${version_of_${package}}")
  set(source "${source_of_${package}}")
  if(version STREQUAL "")
    message(FATAL_ERROR "sbom: package ${package} is not installed")
  endif()
  licences_of(names "${package}")
  set(licences)
  foreach(name IN LISTS names)
    json_text(name "${name}")
    list(APPEND licences "{\"license\": {\"name\": ${name}}}")
  endforeach()
  list(JOIN licences ", " licences)
  set(files)
  foreach(file IN LISTS files_of_${package})
    string(REGEX MATCH "^(.*)=(.*)$" whole "${file}")
    list(APPEND files "{\"type\": \"file\", \"name\": \"${CMAKE_MATCH_1}\", \"hashes\": [{\"alg\": \"SHA-256\", \"content\": \"${CMAKE_MATCH_2}\"}]}")
  endforeach()
  list(SORT files)
  list(JOIN files ", " files)
  string(REPLACE "+" "%2B" purl_version "${version}")
  string(REPLACE ":" "%3A" purl_version "${purl_version}")
  string(REPLACE "+" "%2B" purl_name "${package}")
  set(purl "pkg:deb/debian/${purl_name}@${purl_version}?arch=${arch}&distro=${distribution}")
  list(APPEND components "    {\"type\": \"library\", \"bom-ref\": \"${purl}\", \"name\": \"${package}\", \"version\": \"${version}\", \"purl\": \"${purl}\",
     \"licenses\": [${licences}], \"components\": [${files}],
     \"properties\": [{\"name\": \"debian:source\", \"value\": \"${source}\"}]}")
  list(JOIN names ", " names)
  if(names STREQUAL "")
    set(names "(in prose)")
  endif()
  string(APPEND table "${package} ${version}\n    ${names}\n    /usr/share/doc/${package}/copyright\n")
endforeach()
foreach(stranger IN LISTS strangers)
  string(REGEX MATCH "^(.*)=(.*)$" whole "${stranger}")
  list(APPEND components "    {\"type\": \"library\", \"bom-ref\": \"file:${CMAKE_MATCH_1}\", \"name\": \"${CMAKE_MATCH_1}\",
     \"hashes\": [{\"alg\": \"SHA-256\", \"content\": \"${CMAKE_MATCH_2}\"}]}")
  string(APPEND table "${CMAKE_MATCH_1}\n    (of no package)\n")
endforeach()
list(JOIN components ",\n" components)

file(WRITE "${BOM}" "{
  \"bomFormat\": \"CycloneDX\",
  \"specVersion\": \"1.5\",
  \"version\": 1,
  \"metadata\": {\"component\": {\"type\": \"application\", \"bom-ref\": \"trapd\", \"name\": \"trapd\", \"version\": \"${VERSION}\",
    \"licenses\": [{\"license\": {\"id\": \"Apache-2.0\"}}]}},
  \"components\": [
${components}
  ]
}
")
file(WRITE "${LICENCES}" "trapd ${VERSION}: Apache-2.0 (LICENSE). It loads, or has compiled in, these Debian packages; the
licences are those that Debian names for anything in the package's source.

${table}")
